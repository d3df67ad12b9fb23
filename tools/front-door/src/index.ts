export { startFrontDoor } from './front-door.js';
export type { FrontDoor, Upstreams } from './front-door.js';
