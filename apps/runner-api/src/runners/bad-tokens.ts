import { Clock, TooManyRequests } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';

const windowMs = 60_000;
const failuresMax = 100;
const addressesMax = 10_000;
const knownMax = 10_000;

interface Failures {
  count: number;
  since: number;
}

/**
 * Counts wrong tokens by network address. Above a hundred in a minute, tokens of that address are refused
 * without a look, except those that were right before: a good runner behind the same address goes on.
 */
@Injectable()
export class BadTokens {
  private readonly failures = new Map<string, Failures>();
  private readonly known = new Set<string>();

  constructor(private readonly clock: Clock) {}

  /** Throws TooManyRequests when this address has guessed too often. Call it before the database is asked. */
  admit(address: string, tokenHash: Buffer): void {
    const failures = this.failures.get(address);
    if (!failures || failures.count < failuresMax) return;
    const leftMs = failures.since + windowMs - this.clock.ms();
    if (leftMs <= 0) this.failures.delete(address);
    else if (!this.known.has(tokenHash.toString('base64'))) throw new TooManyRequests(leftMs / 1000);
  }

  noteGood(tokenHash: Buffer): void {
    if (this.known.size >= knownMax) this.known.clear();
    this.known.add(tokenHash.toString('base64'));
  }

  noteBad(address: string): void {
    const now = this.clock.ms();
    const failures = this.failures.get(address);
    if (failures && failures.since + windowMs > now) {
      failures.count += 1;
      return;
    }
    if (this.failures.size >= addressesMax) this.failures.clear();
    this.failures.set(address, { count: 1, since: now });
  }
}
