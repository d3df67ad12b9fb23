import type { SimulatedClock } from './clock.js';
import type {
  Account,
  App,
  AuthorizationCode,
  Installation,
  ManifestCode,
  OauthApp,
  Repository,
  RepositoryHook,
  Role,
} from './model.js';

const roleOrder: readonly (Role | 'none')[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

/** The higher of two repository roles. */
export function higherRole(a: Role | 'none', b: Role | 'none'): Role | 'none' {
  return roleOrder.indexOf(a) >= roleOrder.indexOf(b) ? a : b;
}

export function roleAtLeast(role: Role | 'none', wanted: Role): boolean {
  return roleOrder.indexOf(role) >= roleOrder.indexOf(wanted);
}

/** Everything but tokens (see `tokens.ts`) and deliveries (see `delivery-log.ts`). In memory. */
export class Store {
  readonly accounts = new Map<number, Account>();
  readonly repositories = new Map<number, Repository>();
  readonly apps = new Map<number, App>();
  readonly oauthApps = new Map<number, OauthApp>();
  readonly installations = new Map<number, Installation>();
  readonly repositoryHooks = new Map<number, RepositoryHook>();
  readonly codes = new Map<string, AuthorizationCode>();
  readonly manifestCodes = new Map<string, ManifestCode>();
  /** Signed-in browsers: cookie value to account. */
  readonly browserSessions = new Map<string, number>();
  /** Which people have authorised which App: `appId/userId`. */
  readonly authorizations = new Set<string>();
  /** Former `owner/name`, in lower case, to repository. */
  readonly formerNames = new Map<string, number>();
  private nextId = 1000;
  /** Only a shortcut: names change, so what it gives is checked. */
  private readonly foundByName = new Map<string, number>();

  constructor(readonly clock: SimulatedClock) {}

  /**
   * One number series for everything: an id that is mixed up with another kind's finds nothing. Two
   * simulators give out the same ones, as two GitHub hosts do.
   */
  id(): number {
    this.nextId += 1;
    return this.nextId;
  }

  account(id: number): Account {
    const account = this.accounts.get(id);
    if (!account) throw new Error(`No account ${id}`);
    return account;
  }

  accountByLogin(login: string): Account | undefined {
    const wanted = login.toLowerCase();
    for (const account of this.accounts.values()) if (account.login.toLowerCase() === wanted) return account;
    return undefined;
  }

  addAccount(
    type: Account['type'],
    login: string,
    extra: { name?: string; email?: string; id?: number } = {},
  ): Account {
    if (this.accountByLogin(login)) throw new Error(`The login ${login} is taken`);
    const id = extra.id ?? this.id();
    const account: Account = {
      id,
      type,
      login,
      name: extra.name ?? login,
      email: extra.email ?? `${id}+${login}@users.noreply.github.com`,
      createdAt: this.clock.now(),
      members: new Map(),
      basePermission: 'read',
    };
    this.accounts.set(id, account);
    return account;
  }

  fullName(repository: Repository): string {
    return `${this.account(repository.ownerId).login}/${repository.name}`;
  }

  /** The repository that has this name now; former names are in `formerNames`. */
  repositoryByName(owner: string, name: string): Repository | undefined {
    const wanted = `${owner}/${name}`.toLowerCase();
    const isIt = (each: Repository): boolean => this.fullName(each).toLowerCase() === wanted;
    const remembered = this.repositories.get(this.foundByName.get(wanted) ?? 0);
    if (remembered && isIt(remembered)) return remembered;
    const found = [...this.repositories.values()].find(isIt);
    if (found) this.foundByName.set(wanted, found.id);
    return found;
  }

  formerRepository(owner: string, name: string): Repository | undefined {
    const id = this.formerNames.get(`${owner}/${name}`.toLowerCase());
    return id === undefined ? undefined : this.repositories.get(id);
  }

  /** What a person may do on a repository, over all grants. */
  roleOf(userId: number, repository: Repository): Role | 'none' {
    if (repository.ownerId === userId) return 'admin';
    let role: Role | 'none' = repository.private ? 'none' : 'read';
    role = higherRole(role, repository.collaborators.get(userId) ?? 'none');
    const owner = this.account(repository.ownerId);
    const membership = owner.members.get(userId);
    if (membership === 'admin') return 'admin';
    if (membership === 'member') role = higherRole(role, owner.basePermission);
    return role;
  }

  /** As `roleOf`, without what everybody has on a public repository. */
  explicitRoleOf(userId: number, repository: Repository): Role | 'none' {
    return this.roleOf(userId, { ...repository, private: true });
  }

  installationFor(appId: number, accountId: number): Installation | undefined {
    for (const installation of this.installations.values()) {
      if (installation.appId === appId && installation.accountId === accountId) return installation;
    }
    return undefined;
  }

  installationHas(installation: Installation, repository: Repository): boolean {
    if (repository.ownerId !== installation.accountId) return false;
    return installation.selection === 'all' || installation.repositoryIds.has(repository.id);
  }

  repositoriesOf(installation: Installation): Repository[] {
    return [...this.repositories.values()].filter((repository) => this.installationHas(installation, repository));
  }

  appByClientId(clientId: string): App | undefined {
    for (const app of this.apps.values()) if (app.clientId === clientId) return app;
    return undefined;
  }

  /** Whoever has this client id: an App or an OAuth app. */
  clientById(clientId: string): App | OauthApp | undefined {
    const app = this.appByClientId(clientId);
    return app ?? [...this.oauthApps.values()].find((each) => each.clientId === clientId);
  }

  hooksOf(repository: Repository): RepositoryHook[] {
    return [...this.repositoryHooks.values()].filter((hook) => hook.repositoryId === repository.id);
  }

  appBySlug(slug: string): App | undefined {
    for (const app of this.apps.values()) if (app.slug === slug) return app;
    return undefined;
  }
}
