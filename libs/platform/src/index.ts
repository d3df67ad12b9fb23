export { Clock, SystemClock } from './clock.js';
export { ConfigError, CrosstieConfig, exitOnConfigError, isHostedByGithub, loadConfig } from './configuration.js';
export type { ConfigValues, GithubSettings } from './configuration.js';
export { Environment } from './environment.js';
export { ConnectionDropped, FaultInjected, armFaults, faultPoint, faultPointNames } from './fault-points.js';
export type { FaultPointName } from './fault-points.js';
export { Etag } from './http/etag.interceptor.js';
export { ReadinessCheck } from './http/health.js';
export { createHttpApp } from './http/http-app.js';
export { asBoolean, cutPage, PageAnswer, PageQuery, readPage } from './http/list-page.js';
export type { Page } from './http/list-page.js';
export { answerWhileWaiting } from './http/waiting-server.js';
export type { WaitingServer } from './http/waiting-server.js';
export { RecordId } from './http/record-id.pipe.js';
export { LimitRoute } from './http/route-limits.js';
export { isError } from './is-error.js';
export { Logger, createLogger } from './logger.js';
export { reached } from './steps.js';
export { Loop } from './loop.js';
export { Sweep } from './sweep.js';
export { metrics } from './metrics.js';
export { objectKey, ObjectMissing, ObjectStore } from './object-store/object-store.js';
export type { ByteRange, ObjectKind, StoredObject } from './object-store/object-store.js';
export { DirectoryStore } from './object-store/directory-store.js';
export { openObjectStore } from './object-store/open-object-store.js';
export { OutboundError, fetchOnce, retrying } from './outbound.js';
export {
  BadRequest,
  Conflict,
  Forbidden,
  Gone,
  InsufficientScope,
  Invalid,
  NotFound,
  Problem,
  TooManyRequests,
  Unauthorized,
  Unavailable,
} from './problem.js';
export { PublicFetch } from './public-fetch.js';
export type { FetchRules } from './public-fetch.js';
export { redactValue, withoutSecrets } from './redaction.js';
export { ownerOf, routes } from './route-file.js';
export type { Route, RoutedService } from './route-file.js';
export { Secret } from './secret.js';
export { startService } from './service.js';
export type { RunningService } from './service.js';
export { version } from './version.js';
