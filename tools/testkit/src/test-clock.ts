import { Clock } from '@crosstie/platform';

/** A clock that a test moves forward; otherwise it goes as time goes. */
export class TestClock extends Clock {
  private aheadMs = 0;

  override now(): Date {
    return new Date(this.ms());
  }

  override ms(): number {
    return Date.now() + this.aheadMs;
  }

  advance(ms: number): void {
    this.aheadMs += ms;
  }
}
