import type { Logger } from './logger.js';

export interface LoopOptions {
  readonly name: string;
  readonly intervalMs: number;
  /** One bounded pass. Answer true when there is more to do at once. The signal ends with `stop()`. */
  readonly run: (signal: AbortSignal) => Promise<boolean | void>;
  readonly logger: Logger;
}

/**
 * A background loop: idle -> started -> stopped. Passes never overlap; a failed pass is logged and the next one
 * comes after the interval. Stopping waits for the pass under way and may be asked for twice or before the start.
 */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private pass: Promise<void> | undefined;
  private wanted = false;
  private readonly ending = new AbortController();

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    if (this.ending.signal.aborted) return;
    this.timer ??= this.later(0);
  }

  /** Has a pass run soon, or once more after the one under way. */
  wake(): void {
    if (!this.timer && !this.pass) return;
    this.wanted = true;
    if (this.pass) return;
    clearTimeout(this.timer);
    this.timer = this.later(0);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.pass;
  }

  /** One pass now, for tests and for callers that need its end; its error is theirs. */
  async runOnce(): Promise<void> {
    await this.pass;
    await this.options.run(this.ending.signal);
  }

  private later(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.pass = this.tick().finally(() => {
        this.pass = undefined;
        if (!this.ending.signal.aborted) this.timer = this.later(this.wanted ? 0 : this.options.intervalMs);
      });
    }, ms);
  }

  private async tick(): Promise<void> {
    this.wanted = false;
    try {
      if ((await this.options.run(this.ending.signal)) === true) this.wanted = true;
    } catch (error) {
      if (!this.ending.signal.aborted) this.options.logger.error(`${this.options.name} failed`, { err: error });
    }
  }
}
