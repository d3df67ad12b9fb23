import type { Bus } from './bus/bus.js';

/** Says that jobs arrived in lanes. A wake may be lost and promises nothing; whoever waits also looks by itself. */
export class Wakes {
  constructor(private readonly bus: Bus) {}

  /** Never throws. A lane is named as often as jobs arrived in it. */
  publish(laneIds: readonly number[]): void {
    if (laneIds.length > 0) this.bus.wake(laneIds);
  }

  /** @returns ends the subscription */
  subscribe(listener: (laneIds: readonly number[]) => void): () => void {
    return this.bus.onWake(listener);
  }
}
