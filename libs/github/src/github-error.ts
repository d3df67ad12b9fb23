import { withoutSecrets } from '@crosstie/platform';

export type GithubFailure =
  | 'not_found'
  | 'unauthorized'
  | 'forbidden'
  | 'suspended'
  | 'rate_limited'
  | 'invalid'
  | 'conflict'
  | 'too_large'
  | 'oauth_refused'
  | 'unavailable';

export interface GithubErrorDetails {
  /** 0 where no answer came. */
  readonly status: number;
  readonly kind: GithubFailure;
  readonly retryAfterMs?: number | null;
  /** GitHub's own word, such as `bad_refresh_token`. */
  readonly reason?: string | null;
}

/**
 * A call of GitHub that did not give what was asked. It holds nothing of the request but its method and route:
 * bodies carry refresh tokens, headers carry credentials.
 */
export class GithubError extends Error {
  readonly status: number;
  readonly kind: GithubFailure;
  /** How long GitHub wants to be left alone; null where it did not say. */
  readonly retryAfterMs: number | null;
  readonly reason: string | null;

  constructor(message: string, details: GithubErrorDetails) {
    super(withoutSecrets(message));
    this.name = 'GithubError';
    this.status = details.status;
    this.kind = details.kind;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.reason = details.reason ?? null;
  }

  /** Whether the same call can succeed later without anybody doing something about it. */
  get canHelpToRetry(): boolean {
    return this.kind === 'rate_limited' || this.kind === 'unavailable';
  }
}

const messageMax = 200;

export interface FailedAnswer {
  readonly route: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly nowMs: number;
}

/** The error that an answer of GitHub's stands for. */
export function errorOf(answer: FailedAnswer): GithubError {
  const said = messageOf(answer.body);
  const kind = kindOf(answer, said);
  const retryAfterMs = kind === 'rate_limited' ? waitOf(answer) : null;
  return new GithubError(`GitHub answered ${answer.status} to ${answer.route}: ${said}`, {
    status: answer.status,
    kind,
    retryAfterMs,
  });
}

function messageOf(body: unknown): string {
  const text = typeof body === 'object' && body !== null && 'message' in body ? body.message : null;
  return typeof text === 'string' ? text.slice(0, messageMax) : 'no reason given';
}

function kindOf({ status, headers }: FailedAnswer, said: string): GithubFailure {
  if (status >= 500) return 'unavailable';
  if (status === 429) return 'rate_limited';
  if (status === 403) return ofForbidden(headers, said);
  switch (status) {
    case 401:
      return 'unauthorized';
    case 404:
    case 410:
      return 'not_found';
    case 409:
      return 'conflict';
    case 413:
      return 'too_large';
    default:
      return 'invalid';
  }
}

// A 403 is a limit, a suspended installation, or a missing right; only headers and words tell them apart.
function ofForbidden(headers: Headers, said: string): GithubFailure {
  if (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0') return 'rate_limited';
  if (/\brate limit\b|\bsecondary rate\b|\babuse detection\b/i.test(said)) return 'rate_limited';
  if (/\bsuspended\b/i.test(said)) return 'suspended';
  return 'forbidden';
}

const waitWhenNotSaidMs = 60_000;

/** GitHub's order: `retry-after`, else the reset of a used-up budget, else a minute. */
export function waitOf({ headers, nowMs }: { headers: Headers; nowMs: number }): number {
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(retryAfter)) return Math.max(1, retryAfter) * 1000;
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  if (headers.get('x-ratelimit-remaining') === '0' && Number.isFinite(reset)) {
    return Math.max(1_000, reset * 1000 - nowMs + 1_000);
  }
  return waitWhenNotSaidMs;
}
