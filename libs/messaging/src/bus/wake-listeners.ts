import type { Logger } from '@crosstie/platform';

type Listener = (laneIds: readonly number[]) => void;

/** Who in this process wants to hear of wakes. One that throws does not keep the others from hearing. */
export class WakeListeners {
  private readonly listeners = new Set<Listener>();

  constructor(private readonly logger: Logger) {}

  add(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  clear(): void {
    this.listeners.clear();
  }

  hear(laneIds: readonly number[]): void {
    for (const listener of this.listeners) {
      try {
        listener(laneIds);
      } catch (error) {
        this.logger.error('a wake was not heard', { err: error });
      }
    }
  }
}
