import { GithubError } from '@crosstie/github';
import { TokenRefused } from '@crosstie/token-vault';

/** What follows a status that could not be sent. */
export type Consequence = { readonly do: 'again'; readonly afterMs: number } | { readonly do: 'give_up' };

const waitMsMax = 300_000;
const suspendedMs = 600_000;
/** GitHub may not know a commit for some moments after its push; after this many attempts it never will. */
const refusalsMax = 8;

/**
 * Says whether and when to try again. What GitHub cannot do now is tried until it can; what it will not do is tried
 * for some minutes, since the answer is the same while a push is still on its way between its machines.
 *
 * @param attempts made for the wanted state, the failed one included
 */
export function afterFailure(error: unknown, attempts: number): Consequence {
  if (error instanceof TokenRefused) return ofRefusal(error, attempts);
  if (!(error instanceof GithubError)) return again(backOffMs(attempts));
  switch (error.kind) {
    case 'rate_limited':
      return again(error.retryAfterMs ?? backOffMs(attempts));
    case 'unavailable':
      return again(backOffMs(attempts));
    case 'suspended':
      return again(suspendedMs);
    case 'not_found':
    case 'invalid':
    case 'conflict':
    case 'forbidden':
    case 'unauthorized':
    case 'too_large':
    case 'oauth_refused':
      return attempts >= refusalsMax ? { do: 'give_up' } : again(backOffMs(attempts));
  }
}

function ofRefusal(error: TokenRefused, attempts: number): Consequence {
  if (error.reason === 'installation_suspended' || error.reason === 'app_missing') return again(suspendedMs);
  if (error.retryable) return again(error.retryAfterMs ?? backOffMs(attempts));
  return attempts >= refusalsMax ? { do: 'give_up' } : again(backOffMs(attempts));
}

function again(afterMs: number): Consequence {
  return { do: 'again', afterMs };
}

// 1 s, doubling to five minutes, up to a quarter less at random.
function backOffMs(attempts: number): number {
  return Math.min(1_000 * 2 ** (attempts - 1), waitMsMax) * (1 - Math.random() / 4);
}
