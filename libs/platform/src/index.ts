export { Clock, SystemClock } from './clock.js';
export { ConfigError, CrosstieConfig, exitOnConfigError, loadConfig } from './configuration.js';
export type { ConfigValues, GithubAppSettings, GithubSettings } from './configuration.js';
export { durationMs } from './duration.js';
export { ConnectionDropped, FaultInjected, armFaults, faultHits, faultPoint, faultPointNames } from './fault-points.js';
export type { FaultPointName } from './fault-points.js';
export { Etag } from './http/etag.interceptor.js';
export { HealthModule, ReadinessCheck } from './http/health.js';
export type { ServiceIdentity } from './http/health.js';
export { createHttpApp } from './http/http-app.js';
export type { HttpAppOptions } from './http/http-app.js';
export { asBoolean, cutPage, PageAnswer, PageQuery, readPage } from './http/list-page.js';
export type { Page } from './http/list-page.js';
export { ProblemFilter, databaseIsAway } from './http/problem-filter.js';
export { answerWhileWaiting } from './http/waiting-server.js';
export type { WaitingServer } from './http/waiting-server.js';
export { RecordId } from './http/record-id.pipe.js';
export { answerWhileWaiting } from './http/waiting-server.js';
export type { WaitingServer } from './http/waiting-server.js';
export { LimitRoute } from './http/route-limits.js';
export type { RouteLimits } from './http/route-limits.js';
export { isError } from './is-error.js';
export { Logger, createLogger } from './logger.js';
export type { LogFields, LogLevel, LogSettings } from './logger.js';
export { Loop } from './loop.js';
export type { LoopOptions } from './loop.js';
export { metrics } from './metrics.js';
export { NestLogger } from './nest-logger.js';
export { objectKey, ObjectMissing, ObjectStore } from './object-store/object-store.js';
export type { StoredObject } from './object-store/object-store.js';
export { DirectoryStore } from './object-store/directory-store.js';
export { openObjectStore } from './object-store/open-object-store.js';
export { OutboundError, fetchOnce, retrying } from './outbound.js';
export type { OutboundAnswer, OutboundFailure, OutboundRequest, RetryOptions } from './outbound.js';
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
export { redactValue, withoutSecrets } from './redaction.js';
export { ownerOf, routes } from './route-file.js';
export type { Route, RoutedService } from './route-file.js';
export { Secret } from './secret.js';
export { startService } from './service.js';
export type { RunningService, ServiceOptions } from './service.js';
export { version } from './version.js';
