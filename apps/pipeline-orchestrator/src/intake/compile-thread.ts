import { Worker } from 'node:worker_threads';

import type { CompileInput, LintReport, PipelineCompile } from '@crosstie/ci-config';

import { isError } from '@crosstie/platform';

import { workerFile } from './worker-file.js';

export interface ThreadLimits {
  /** For one compile. Its steps are bounded by the compiler; this holds when that has a fault. */
  readonly patienceMs: number;
  readonly heapMb: number;
  /** So long the thread is kept for the next one. */
  readonly idleMs: number;
}

const defaults: ThreadLimits = { patienceMs: 10_000, heapMb: 512, idleMs: 30_000 };

/** What the file is told when its compile had to be ended. */
export type Ended = 'too_long' | 'too_much_memory';

export interface CompileTask {
  readonly compileInput: CompileInput;
  readonly carried: readonly string[];
  /** For the one who writes the file. */
  readonly lints?: boolean;
}

export type Outcome =
  | { readonly kind: 'done'; readonly compiled: PipelineCompile | LintReport }
  | { readonly kind: Ended };

/**
 * A thread for compiles that could hold up everything else, one after the other. It is started by the
 * first and lives on while there are more, since a new one must load the compiler anew; it is ended
 * when a compile takes too long or too much memory, which is the file's fault and nobody else's.
 */
export class CompileThread {
  private worker: Worker | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private idle: NodeJS.Timeout | undefined;
  private waiting = 0;

  constructor(private readonly limits: ThreadLimits = defaults) {}

  /** Throws when the thread dies of anything else. */
  async run(task: CompileTask): Promise<Outcome> {
    this.waiting += 1;
    clearTimeout(this.idle);
    const turn = this.last.then(() => this.compile(task));
    this.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.waiting -= 1;
      if (this.waiting === 0) this.idle = setTimeout(() => this.end(), this.limits.idleMs).unref();
    }
  }

  /** Ends the thread; the next compile starts another. */
  end(): void {
    clearTimeout(this.idle);
    void this.worker?.terminate();
    this.worker = null;
  }

  private compile(task: CompileTask): Promise<Outcome> {
    const worker = this.start();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        worker.off('message', done).off('error', broke).off('exit', ended);
      };
      const give = (outcome: Outcome): void => {
        leave();
        if (outcome.kind !== 'done') this.end();
        resolve(outcome);
      };
      const done = (compiled: PipelineCompile): void => give({ kind: 'done', compiled });
      const fail = (error: unknown): void => {
        leave();
        this.end();
        reject(error);
      };
      const broke = (error: unknown): void => (isOutOfMemory(error) ? give({ kind: 'too_much_memory' }) : fail(error));
      const ended = (code: number): void => fail(new Error(`The thread that compiles ended with ${code}`));
      const timer = setTimeout(() => give({ kind: 'too_long' }), this.limits.patienceMs);
      worker.on('message', done).on('error', broke).on('exit', ended);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
      worker.postMessage(task);
    });
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const resourceLimits = { maxOldGenerationSizeMb: this.limits.heapMb };
    const worker = new Worker(workerFile('compile-worker'), { resourceLimits });
    worker.once('exit', () => {
      if (this.worker === worker) this.worker = null;
    });
    // An error that comes when its compile was given up already concerns nobody.
    worker.on('error', () => undefined);
    worker.unref();
    this.worker = worker;
    return worker;
  }
}

function isOutOfMemory(error: unknown): boolean {
  return isError(error) && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
