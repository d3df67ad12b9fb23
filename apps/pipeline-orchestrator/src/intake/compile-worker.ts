import { parentPort, workerData } from 'node:worker_threads';

import { compileForPipeline, type CompileInput, lintReport } from '@crosstie/ci-config';

/* The start of a worker thread: imports the compiler by its name alone, so that it runs from source and from the build. */

const task = workerData as { compileInput: CompileInput; carried: readonly string[]; lints?: boolean };
const work = task.lints ? lintReport : compileForPipeline;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
parentPort?.postMessage(work(task.compileInput, task.carried));
