export { startFrontDoor } from './front-door.js';
export type { FrontDoor, FrontDoorOptions, Upstreams } from './front-door.js';
