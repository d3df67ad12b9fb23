/** Thrown by a handler that cannot go on yet: deliver again after the delay. Does not count as an attempt. */
export class RetryLater extends Error {
  /** @param why one sentence for the log */
  constructor(
    readonly delayMs: number,
    why: string,
  ) {
    super(why);
    this.name = 'RetryLater';
  }
}

/** Thrown by a handler when trying again cannot help: the event becomes a dead letter at once. */
export class Unrecoverable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unrecoverable';
  }
}
