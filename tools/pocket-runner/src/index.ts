export { startPocketRunner } from './pocket-runner.js';
export type { PocketJob, PocketRunner, PocketRunnerOptions } from './pocket-runner.js';
export { main } from './main.js';
