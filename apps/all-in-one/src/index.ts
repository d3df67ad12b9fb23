export { joinServices, joinedServices } from './joined-services.js';
export { startJoined } from './start-joined.js';
export type { JoinedOptions } from './start-joined.js';
