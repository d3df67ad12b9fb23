import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';

import { Loop, type LoopOptions } from './loop.js';

/** A service that is one loop and no more: it runs from when the application is up until it is to end. */
export abstract class Sweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;

  protected constructor(options: Omit<LoopOptions, 'run'>) {
    this.loop = new Loop({ ...options, run: (signal) => this.pass(signal) });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** One pass now, for tests; its error is the caller's. */
  runOnce(): Promise<void> {
    return this.loop.runOnce();
  }

  /** One bounded pass, as `LoopOptions.run`. */
  protected abstract pass(signal: AbortSignal): Promise<boolean | void>;
}
