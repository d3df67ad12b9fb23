/** What the simulated GitHub keeps about people, repositories, Apps, OAuth apps and installations. */

export type Level = 'read' | 'write' | 'admin';
export type Permissions = Record<string, Level>;
export type Role = 'read' | 'triage' | 'write' | 'maintain' | 'admin';
export type CommitState = 'error' | 'failure' | 'pending' | 'success';

export interface Account {
  id: number;
  type: 'User' | 'Organization' | 'Bot';
  login: string;
  name: string;
  email: string;
  createdAt: number;
  /** Organisations only: who belongs to it. */
  members: Map<number, 'admin' | 'member'>;
  /** Organisations only: what each member may do on every repository of it. */
  basePermission: Role | 'none';
}

export interface Status {
  id: number;
  sha: string;
  state: CommitState;
  context: string;
  description: string | null;
  targetUrl: string | null;
  creatorId: number;
  createdAt: number;
  /** Monotonic, comparable with `process.hrtime.bigint()` of other processes on this machine. */
  receivedNs: bigint;
}

export interface Repository {
  id: number;
  ownerId: number;
  name: string;
  description: string | null;
  private: boolean;
  archived: boolean;
  defaultBranch: string;
  forkOf: number | null;
  collaborators: Map<number, Role>;
  createdAt: number;
  updatedAt: number;
  pushedAt: number;
  statuses: Status[];
  /** The same, for each commit. */
  statusesOf: Map<string, Status[]>;
  /** Commits that are not replicated yet, and until when. */
  laggingCommits: Map<string, number>;
  /** Refs that still answer with their older value (null: not there yet), and until when. */
  laggingRefs: Map<string, { older: string | null; until: number }>;
}

export interface App {
  id: number;
  slug: string;
  name: string;
  ownerId: number;
  botId: number;
  description: string;
  externalUrl: string;
  clientId: string;
  clientSecret: string;
  privateKey: string;
  publicKey: string;
  hook: Hook;
  callbackUrls: string[];
  setupUrl: string | null;
  setupOnUpdate: boolean;
  requestOauthOnInstall: boolean;
  public: boolean;
  permissions: Permissions;
  events: string[];
  /** False: user tokens never end and come without a refresh token. */
  expireUserTokens: boolean;
  createdAt: number;
}

export interface Hook {
  id: number;
  url: string;
  active: boolean;
  secret: string | null;
  contentType: 'json' | 'form';
  insecureSsl: '0' | '1';
}

/** A hook of one repository, as a server without an App makes it. */
export interface RepositoryHook extends Hook {
  repositoryId: number;
  /** Event names, or `*`. */
  events: string[];
  createdAt: number;
  updatedAt: number;
}

/** A classic OAuth app: no installation, no permissions but its tokens' scopes. */
export interface OauthApp {
  id: number;
  name: string;
  ownerId: number;
  url: string;
  clientId: string;
  clientSecret: string;
  callbackUrl: string;
}

export interface Installation {
  id: number;
  appId: number;
  accountId: number;
  selection: 'all' | 'selected';
  repositoryIds: Set<number>;
  permissions: Permissions;
  events: string[];
  createdAt: number;
  updatedAt: number;
  suspendedAt: number | null;
  suspendedById: number | null;
}

export interface InstallationToken {
  kind: 'installation';
  value: string;
  appId: number;
  installationId: number;
  permissions: Permissions;
  /** Null: whatever the installation has. */
  repositoryIds: Set<number> | null;
  createdAt: number;
  expiresAt: number;
  endedAt: number | null;
}

export interface UserToken {
  kind: 'user';
  id: number;
  value: string;
  appId: number;
  userId: number;
  createdAt: number;
  expiresAt: number | null;
  endedAt: number | null;
  /** Set on tokens of `/token/scoped`, and with `repository_id` at the code exchange. */
  narrowing: { installationId: number; repositoryIds: Set<number> | null; permissions: Permissions } | null;
  /** Value of the token that this one was narrowed from. */
  parent: string | null;
}

export interface RefreshToken {
  kind: 'refresh';
  value: string;
  appId: number;
  userId: number;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
  endedAt: number | null;
  /** The access token issued with it: using this refresh token ends that one. */
  accessToken: string;
  narrowing: UserToken['narrowing'];
  /** What the first use gave, answered again while a grace (a switch) lasts. */
  answer: Record<string, unknown> | null;
}

export interface PersonalToken {
  kind: 'personal';
  value: string;
  userId: number;
  endedAt: number | null;
}

/** A person's token for an OAuth app: it has scopes, and no end of its own. */
export interface OauthToken {
  kind: 'oauth';
  id: number;
  value: string;
  appId: number;
  userId: number;
  scopes: string[];
  createdAt: number;
  endedAt: number | null;
}

export type AccessToken = InstallationToken | UserToken | PersonalToken | OauthToken;

export interface AuthorizationCode {
  value: string;
  appId: number;
  userId: number;
  redirectUri: string;
  challenge: string | null;
  /** Of an OAuth app alone. */
  scopes: string[];
  expiresAt: number;
  used: boolean;
}

export interface ManifestCode {
  value: string;
  appId: number;
  expiresAt: number;
  used: boolean;
}
