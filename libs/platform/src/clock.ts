/** Where time decides something, it comes from here, so that a test can move it. */
export abstract class Clock {
  abstract now(): Date;

  /** Milliseconds since 1970. */
  ms(): number {
    return this.now().getTime();
  }
}

/** The machine's own clock. */
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }

  override ms(): number {
    return Date.now();
  }
}
