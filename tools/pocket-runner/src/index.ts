export { startPocketRunner } from './pocket-runner.js';
export type { PocketRunner } from './pocket-runner.js';
export { main } from './main.js';
