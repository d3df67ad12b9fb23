export { Access, levelName } from './access.js';
export type { Level } from './access.js';
export { AccessModule } from './access.module.js';
export { scopeCovers } from './actor.js';
export type { Actor, Scope } from './actor.js';
export { Actors } from './actors.js';
export { declaredRoutes } from './declared-routes.js';
export type { DeclaredRoute } from './declared-routes.js';
export { presentedToken } from './presented-token.js';
export {
  ActorGuard,
  CurrentActor,
  PublicRoute,
  RequireAdmin,
  RequireCredential,
  RequireScope,
} from './route-credential.js';
export type { RouteCredential } from './route-credential.js';
export { Senders } from './senders.js';
export { csrfHolds, csrfTokenOf, readSessionCookie, sessionCookie, sessionCookieName } from './session-cookie.js';
