/** The time that the simulated GitHub lives in: real time plus what a test moved it by. */
export class SimulatedClock {
  private offsetMs = 0;

  now(): number {
    return Date.now() + this.offsetMs;
  }

  iso(at: number = this.now()): string {
    // GitHub writes whole seconds.
    return `${new Date(at).toISOString().slice(0, 19)}Z`;
  }

  advance(ms: number): void {
    this.offsetMs += ms;
  }
}
