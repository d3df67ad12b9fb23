export { Access, levelName } from './access.js';
export type { Level } from './access.js';
export { AccessModule } from './access.module.js';
export type { Actor, Scope } from './actor.js';
export { Actors } from './actors.js';
export { declaredRoutes } from './declared-routes.js';
export { CurrentActor, PublicRoute, RequireAdmin, RequireCredential, RequireScope } from './route-credential.js';
export { Senders } from './senders.js';
export { csrfHolds, csrfTokenOf, readSessionCookie, sessionCookie } from './session-cookie.js';
