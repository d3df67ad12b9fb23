import { parentPort } from 'node:worker_threads';

import { compileForPipeline, lintReport } from '@crosstie/ci-config';

import type { CompileTask } from './compile-thread.js';

/* The start of a worker thread: imports the compiler by its name alone, so that it runs from source and from the build. */

parentPort?.on('message', ({ compileInput, carried, lints }: CompileTask) => {
  const work = lints ? lintReport : compileForPipeline;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  parentPort?.postMessage(work(compileInput, carried));
});
