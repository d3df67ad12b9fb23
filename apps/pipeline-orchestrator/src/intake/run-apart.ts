import { Worker } from 'node:worker_threads';

import { workerFile } from './worker-file.js';

const patienceMs = 20_000;

/**
 * Runs one task in a thread of its own, so that long work on text from outside holds up nothing
 * else. Throws when the thread dies, runs out of memory, or takes too long.
 *
 * @param file the worker's file beside this one, without its extension
 */
export function runApart<T>(file: string, task: Readonly<Record<string, unknown>>): Promise<T> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile(file), { workerData: task, resourceLimits: { maxOldGenerationSizeMb: 512 } });
    const end = (): void => {
      clearTimeout(timer);
      void worker.terminate();
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`${file} did not end within ${patienceMs} ms`));
    }, patienceMs);
    worker.once('message', (answer: T) => {
      end();
      resolve(answer);
    });
    worker.once('error', (error) => {
      end();
      reject(error);
    });
    worker.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${file} ended with ${code} before it answered`));
    });
  });
}
