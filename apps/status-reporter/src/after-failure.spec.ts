import { GithubError } from '@crosstie/github';
import type { GithubFailure } from '@crosstie/github';
import { TokenRefused } from '@crosstie/token-vault';
import { describe, expect, it } from '@jest/globals';
import { afterFailure } from './after-failure.js';

const failure = (kind: GithubFailure, retryAfterMs: number | null = null) =>
  new GithubError('x', { status: 0, kind, retryAfterMs });

describe('after a status could not be sent', () => {
  it('it is tried for ever while GitHub cannot, with waits that grow to five minutes', () => {
    for (const kind of ['unavailable', 'rate_limited', 'suspended'] as const) {
      expect(afterFailure(failure(kind), 1000)).toMatchObject({ do: 'again' });
    }
    const waits = [1, 2, 3, 20].map((attempts) => afterFailure(failure('unavailable'), attempts));
    for (const [n, fullMs] of [1_000, 2_000, 4_000, 300_000].entries()) {
      const wait = waits[n];
      const waitMs = wait?.do === 'again' ? wait.afterMs : 0;
      expect(waitMs).toBeGreaterThanOrEqual(fullMs * 0.75);
      expect(waitMs).toBeLessThanOrEqual(fullMs);
    }
  });

  it('it waits for as long as GitHub asked', () => {
    expect(afterFailure(failure('rate_limited', 42_000), 1)).toEqual({ do: 'again', afterMs: 42_000 });
    const refused = new TokenRefused('github_unavailable', 'x', 7_000);
    expect(afterFailure(refused, 1)).toEqual({ do: 'again', afterMs: 7_000 });
  });

  it('it is given up when GitHub says the same no for some minutes', () => {
    for (const kind of ['not_found', 'invalid', 'forbidden'] as const) {
      expect(afterFailure(failure(kind), 7)).toMatchObject({ do: 'again' });
      expect(afterFailure(failure(kind), 8)).toEqual({ do: 'give_up' });
    }
    expect(afterFailure(new TokenRefused('token_refused', 'x'), 8)).toEqual({ do: 'give_up' });
  });
});
