export { AppClient } from './app-client.js';
export type {
  DeliveryContents,
  InstallationInfo,
  InstallationToken,
  LoggedDeliveries,
  LoggedDelivery,
  NarrowTo,
} from './app-client.js';
export { signAppJwt } from './app-jwt.js';
export type { AppIdentity } from './app-jwt.js';
export { convertManifest } from './convert-manifest.js';
export type { CreatedApp } from './convert-manifest.js';
export { GithubClient } from './github-client.js';
export type {
  ChangedPaths,
  CommitMetadata,
  CompareStatus,
  FullName,
  GithubUser,
  ListedRepository,
  NewStatus,
  RepositoryPermission,
} from './github-client.js';
export { GithubError } from './github-error.js';
export type { GithubFailure } from './github-error.js';
export { GithubHost } from './github-host.js';
export type { GithubAddresses } from './github-host.js';
export { OauthClient } from './oauth-client.js';
export type { CheckedToken, OauthApp, ScopedToken, ScopedTokenRequest, UserTokens } from './oauth-client.js';
export {
  parseAuthorization,
  parseInstallation,
  parseInstallationRepositories,
  parseInstallationTarget,
  parseMember,
  parseRepository,
} from './payloads.js';
export type {
  AuthorizationEvent,
  InstallationEvent,
  InstallationRepositoriesEvent,
  InstallationTargetEvent,
  MemberEvent,
  PayloadInstallation,
  PayloadRepository,
  PayloadRepositoryName,
  PayloadSender,
  RepositoryEvent,
} from './payloads.js';
export { RateBudgets } from './rate-budgets.js';
export type { Budget } from './rate-budgets.js';
