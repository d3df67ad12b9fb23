export { joinedServices } from './joined-services.js';
export { startJoined } from './start-joined.js';
