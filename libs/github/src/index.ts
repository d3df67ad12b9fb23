export { AppClient } from './app-client.js';
export type { InstallationToken, LoggedDelivery } from './app-client.js';
export { signAppJwt } from './app-jwt.js';
export { convertManifest } from './convert-manifest.js';
export type { CreatedApp } from './convert-manifest.js';
export { GithubClient } from './github-client.js';
export type { CompareStatus, RepositoryPermission, Tree, TreeEntry } from './github-client.js';
export { GithubError } from './github-error.js';
export type { GithubFailure } from './github-error.js';
export { GithubHost } from './github-host.js';
export { OauthClient } from './oauth-client.js';
export type { OauthApp, ScopedToken, UserTokens } from './oauth-client.js';
export {
  parseAuthorization,
  parseInstallation,
  parseInstallationRepositories,
  parseInstallationTarget,
  parseMember,
  parseRepository,
} from './payloads.js';
export type { InstallationEvent, PayloadInstallation, PayloadRepositoryName } from './payloads.js';
export type { Budget } from './rate-budgets.js';
