import { parentPort, workerData } from 'node:worker_threads';

import { compile, type CompileInput } from '@crosstie/ci-config';

/* The start of a worker thread: imports the compiler by its name alone, so that it runs from source and from the build. */

parentPort?.postMessage(compile((workerData as { compileInput: CompileInput }).compileInput));
