import type { RequestFault } from '../http/faults.js';
import type { ReceivedRequest } from '../http/received.js';
import type { AppRegistration } from '../apps/register.js';
import type { CommitState, Permissions, Role } from '../state/model.js';
import type { DeliveryFaultRule } from '../webhooks/delivery-faults.js';

/** The control API's bodies and answers, as JSON. `README.md` says what each route does. */

export interface NewUser {
  login: string;
  name?: string;
  email?: string;
  id?: number;
}

export interface CreatedUser {
  id: number;
  login: string;
  email: string;
  /** A personal access token: the password for git pushes by this person. */
  token: string;
}

export interface NewOrganization {
  login: string;
  /** Login to role. */
  members?: Record<string, 'admin' | 'member'>;
  basePermission?: Role | 'none';
}

export interface CreatedOrganization {
  id: number;
  login: string;
}

/**
 * A file's text; `{ base64 }` for bytes, `{ link }` for a symlink, `{ executable }` for a script, `{ submodule }` for a
 * commit of another repository, null to delete.
 */
export type FileContent =
  | string
  | null
  | { base64: string }
  | { link: string }
  | { executable: string }
  | { submodule: string };

export interface NewRepository {
  owner: string;
  name: string;
  private?: boolean;
  description?: string;
  defaultBranch?: string;
  /** Committed before anybody listens: no delivery. */
  files?: Record<string, FileContent>;
  /** `owner/name` of the parent. */
  forkOf?: string;
}

export interface CreatedRepository {
  id: number;
  fullName: string;
  cloneUrl: string;
  /** The first commit, or null without files. */
  sha: string | null;
}

export interface NewApp extends AppRegistration {
  owner: string;
}

export interface CreatedApp {
  id: number;
  slug: string;
  clientId: string;
  clientSecret: string;
  webhookSecret: string | null;
  privateKey: string;
  hookId: number;
}

/** A classic OAuth app, as another CI server needs it. */
export interface NewOauthApp {
  owner: string;
  name: string;
  url?: string;
  callbackUrl: string;
}

export interface CreatedOauthApp {
  id: number;
  clientId: string;
  clientSecret: string;
}

export interface NewInstallation {
  app: string;
  account: string;
  /** Names; left out: all repositories, also later ones. */
  repositories?: string[];
  sender?: string;
}

export interface InstallationState {
  id: number;
  account: string;
  selection: 'all' | 'selected';
  repositories: string[];
  permissions: Permissions;
  events: string[];
  suspended: boolean;
}

export interface PushedCommit {
  files: Record<string, FileContent>;
  message?: string;
  author?: { name: string; email: string };
}

export interface NewPush extends Partial<PushedCommit> {
  /** Who pushes: login. */
  pusher: string;
  /** Default: the default branch. */
  branch?: string;
  /** Several commits, oldest first, instead of `files`. */
  commits?: PushedCommit[];
  /** Commit to build on; moves the branch even if that is no fast-forward. Null: a new history. */
  parent?: string | null;
  /** False: the commit is made, nobody is told. */
  deliver?: boolean;
}

export interface PushResult {
  ref: string;
  before: string | null;
  after: string;
}

export interface NewRef {
  ref: string;
  /** Null deletes. */
  sha: string | null;
  pusher: string;
  /** Makes an annotated tag with this message, pointing at `sha`. */
  annotation?: string;
}

export interface ForgedPush {
  app: string;
  ref: string;
  before: string | null;
  after: string | null;
  pusher: string;
  /** Who stands as sender, if not the pusher. */
  sender?: string;
}

export interface RawDelivery {
  app: string;
  event: string;
  /** Sent as JSON; or the exact bytes as `bodyBase64`. */
  payload?: unknown;
  bodyBase64?: string;
  guid?: string;
  secret?: string;
  headers?: Record<string, string>;
}

export interface SentDelivery {
  /** As text: it may lie above 2^53. */
  id: string;
  guid: string;
  /** Empty for a repository's own hook. */
  app: string;
  hookId: number;
  event: string;
  action: string | null;
  redelivery: boolean;
  deliveredAt: string;
  /** Monotonic nanoseconds as text. */
  sentNs: string | null;
  answeredNs: string | null;
  statusCode: number;
  status: string;
  done: boolean;
  payload: unknown;
  requestHeaders: Record<string, string>;
  responseBody: string;
}

export interface ReceivedStatus {
  id: number;
  sha: string;
  state: CommitState;
  context: string;
  description: string | null;
  targetUrl: string | null;
  creator: string;
  createdAt: string;
  /** Monotonic nanoseconds as text. */
  receivedNs: string;
}

export interface IssuedSecret {
  kind:
    | 'client_secret'
    | 'webhook_secret'
    | 'private_key'
    | 'installation_token'
    | 'user_token'
    | 'narrowed_user_token'
    | 'refresh_token'
    | 'personal_token'
    | 'oauth_token'
    | 'authorization_code'
    | 'manifest_code'
    | 'browser_session';
  value: string;
  /** Whom it belongs to: login, App or installation. */
  owner: string;
  live: boolean;
  repositories?: string[] | null;
  permissions?: Permissions;
  expiresAt?: string | null;
}

export interface Lag {
  /** 0 ends it. */
  ms: number;
  /** False: refs show their new commit at once. */
  refs?: boolean;
}

export interface ContractViolation {
  at: string;
  method: string;
  route: string;
  side: 'request' | 'answer';
  errors: unknown;
}

export type { DeliveryFaultRule, ReceivedRequest, RequestFault };
