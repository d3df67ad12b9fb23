import { fieldsIn, flagIn, idIn, listIn, permissionsIn, textIn, timeIn } from './fields.js';
import type { Fields } from './fields.js';

export interface PayloadRepository {
  readonly id: number;
  readonly name: string;
  readonly fullName: string;
  readonly ownerId: number | null;
  readonly ownerLogin: string;
  readonly isPrivate: boolean;
  readonly defaultBranch: string | null;
  readonly htmlUrl: string | null;
  readonly cloneUrl: string | null;
  readonly sshUrl: string | null;
  readonly isArchived: boolean;
}

export interface PayloadSender {
  readonly id: number;
  readonly login: string;
  /** `User`, `Bot` or `Organization`. */
  readonly type: string;
}

export interface PayloadInstallation {
  readonly id: number;
  readonly appId: number | null;
  readonly accountId: number;
  readonly accountLogin: string;
  readonly accountType: string;
  readonly repositorySelection: string | null;
  readonly permissions: Readonly<Record<string, string>>;
  readonly suspendedAt: Date | null;
  /** GitHub's own time of the change: deliveries may overtake each other. */
  readonly changedAt: Date | null;
}

/** What the payload tells of a repository in `installation` and `installation_repositories`. */
export interface PayloadRepositoryName {
  readonly id: number;
  readonly name: string;
  readonly fullName: string;
  readonly isPrivate: boolean;
}

export interface InstallationEvent {
  readonly action: string;
  readonly installation: PayloadInstallation;
  readonly repositories: readonly PayloadRepositoryName[];
  readonly sender: PayloadSender | null;
}

export interface InstallationRepositoriesEvent {
  readonly action: string;
  readonly installation: PayloadInstallation;
  readonly added: readonly PayloadRepositoryName[];
  readonly removed: readonly PayloadRepositoryName[];
  readonly sender: PayloadSender | null;
}

export interface RepositoryEvent {
  readonly action: string;
  readonly repository: PayloadRepository;
  readonly installationId: number | null;
}

export interface AuthorizationEvent {
  readonly action: string;
  readonly sender: PayloadSender;
}

/** The account that an installation belongs to has another name. */
export interface InstallationTargetEvent {
  readonly accountId: number;
  readonly accountLogin: string;
}

export interface MemberEvent {
  readonly action: string;
  readonly repository: PayloadRepository;
  readonly memberId: number;
}

// None of the parsers throws: null is a body that is not JSON in UTF-8, or not of the event's shape. A push can be
// too large to be parsed beside other work: its reader is the orchestrator's own.

export function parseInstallation(body: Buffer): InstallationEvent | null {
  const fields = read(body);
  const installation = toInstallation(fields?.['installation']);
  const action = textIn(fields?.['action']);
  if (!fields || !installation || action === null) return null;
  return { action, installation, repositories: toNames(fields['repositories']), sender: toSender(fields['sender']) };
}

export function parseInstallationRepositories(body: Buffer): InstallationRepositoriesEvent | null {
  const fields = read(body);
  const installation = toInstallation(fields?.['installation']);
  const action = textIn(fields?.['action']);
  if (!fields || !installation || action === null) return null;
  const added = toNames(fields['repositories_added']);
  const removed = toNames(fields['repositories_removed']);
  return { action, installation, added, removed, sender: toSender(fields['sender']) };
}

export function parseRepository(body: Buffer): RepositoryEvent | null {
  const fields = read(body);
  const repository = toRepository(fields?.['repository']);
  const action = textIn(fields?.['action']);
  if (!fields || !repository || action === null) return null;
  return { action, repository, installationId: idIn(fieldsIn(fields['installation'])?.['id']) };
}

export function parseAuthorization(body: Buffer): AuthorizationEvent | null {
  const fields = read(body);
  const sender = toSender(fields?.['sender']);
  const action = textIn(fields?.['action']);
  return sender && action !== null ? { action, sender } : null;
}

export function parseInstallationTarget(body: Buffer): InstallationTargetEvent | null {
  const account = fieldsIn(read(body)?.['account']);
  const accountId = idIn(account?.['id']);
  const accountLogin = textIn(account?.['login']) ?? textIn(account?.['slug']);
  return accountId !== null && accountLogin !== null ? { accountId, accountLogin } : null;
}

export function parseMember(body: Buffer): MemberEvent | null {
  const fields = read(body);
  const repository = toRepository(fields?.['repository']);
  const action = textIn(fields?.['action']);
  const memberId = idIn(fieldsIn(fields?.['member'])?.['id']);
  return repository && action !== null && memberId !== null ? { action, repository, memberId } : null;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function read(body: Buffer): Fields | null {
  try {
    return fieldsIn(JSON.parse(strictUtf8.decode(body)));
  } catch {
    return null;
  }
}

function toRepository(value: unknown): PayloadRepository | null {
  const fields = fieldsIn(value);
  const id = idIn(fields?.['id']);
  const fullName = textIn(fields?.['full_name']);
  const [ownerInName = '', nameInName = ''] = (fullName ?? '').split('/');
  if (!fields || id === null || fullName === null || nameInName === '') return null;
  const owner = fieldsIn(fields['owner']);
  return {
    id,
    name: nameInName,
    fullName,
    ownerId: idIn(owner?.['id']),
    ownerLogin: textIn(owner?.['login']) ?? textIn(owner?.['name']) ?? ownerInName,
    isPrivate: flagIn(fields['private']),
    defaultBranch: textIn(fields['default_branch']) ?? textIn(fields['master_branch']),
    htmlUrl: textIn(fields['html_url']),
    cloneUrl: textIn(fields['clone_url']),
    sshUrl: textIn(fields['ssh_url']),
    isArchived: flagIn(fields['archived']),
  };
}

function toSender(value: unknown): PayloadSender | null {
  const fields = fieldsIn(value);
  const id = idIn(fields?.['id']);
  const login = textIn(fields?.['login']);
  return id === null || login === null ? null : { id, login, type: textIn(fields?.['type']) ?? 'User' };
}

function toInstallation(value: unknown): PayloadInstallation | null {
  const fields = fieldsIn(value);
  const account = fieldsIn(fields?.['account']);
  const id = idIn(fields?.['id']);
  const accountId = idIn(account?.['id']);
  if (!fields || id === null || accountId === null) return null;
  return {
    id,
    appId: idIn(fields['app_id']),
    accountId,
    accountLogin: textIn(account?.['login']) ?? '',
    accountType: textIn(account?.['type']) ?? textIn(fields['target_type']) ?? '',
    repositorySelection: textIn(fields['repository_selection']),
    permissions: permissionsIn(fields['permissions']),
    suspendedAt: timeIn(fields['suspended_at']),
    changedAt: timeIn(fields['updated_at']),
  };
}

function toNames(value: unknown): PayloadRepositoryName[] {
  return listIn(value).flatMap((item) => {
    const fields = fieldsIn(item);
    const id = idIn(fields?.['id']);
    const fullName = textIn(fields?.['full_name']);
    if (id === null || fullName === null || !fullName.includes('/')) return [];
    const name = textIn(fields?.['name']) ?? fullName.split('/')[1] ?? '';
    return [{ id, name, fullName, isPrivate: flagIn(fields?.['private']) }];
  });
}
