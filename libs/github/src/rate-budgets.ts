import type { Clock } from '@crosstie/platform';
import { waitOf } from './github-error.js';

export interface Budget {
  /** Null until the first answer. */
  readonly remaining: number | null;
  readonly limit: number | null;
  readonly resetAtMs: number | null;
  /** Until then GitHub wants no call; 0: at once. */
  readonly blockedUntilMs: number;
}

const unknownBudget: Budget = { remaining: null, limit: null, resetAtMs: null, blockedUntilMs: 0 };
const budgetsMax = 10_000;

/**
 * What GitHub's headers said about each budget of one host. A key names whose budget it is: `installation:7`,
 * `user:42`, `app`. In memory: after a restart the next answer tells it anew.
 */
export class RateBudgets {
  private readonly known = new Map<string, Budget>();

  constructor(private readonly clock: Clock) {}

  of(key: string): Budget {
    return this.known.get(key) ?? unknownBudget;
  }

  /** Milliseconds until a call may be made; 0: now. */
  waitMs(key: string): number {
    return Math.max(0, this.of(key).blockedUntilMs - this.clock.ms());
  }

  /** Reads the headers of an answer; `limited` says that the answer refused because of a limit. */
  record(key: string, headers: Headers, limited: boolean): void {
    const before = this.of(key);
    const remaining = numberIn(headers, 'x-ratelimit-remaining');
    const reset = numberIn(headers, 'x-ratelimit-reset');
    const nowMs = this.clock.ms();
    const exhausted = remaining === 0 && reset !== null;
    this.known.delete(key);
    this.known.set(key, {
      remaining: remaining ?? before.remaining,
      limit: numberIn(headers, 'x-ratelimit-limit') ?? before.limit,
      resetAtMs: reset === null ? before.resetAtMs : reset * 1000,
      blockedUntilMs: limited || exhausted ? nowMs + waitOf({ headers, nowMs }) : before.blockedUntilMs,
    });
    const oldest = this.known.keys().next().value;
    if (this.known.size > budgetsMax && oldest !== undefined) this.known.delete(oldest);
  }
}

function numberIn(headers: Headers, name: string): number | null {
  const text = headers.get(name);
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}
