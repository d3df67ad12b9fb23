import type { Account, App, Installation, Permissions, Repository } from '../state/model.js';
import { announceInstallation, announceInstallationRepositories } from '../webhooks/announce.js';
import type { World } from '../world.js';

/** Installs an App on an account; null repositories: all of them, also later ones. */
export function install(
  world: World,
  app: App,
  account: Account,
  repositories: Repository[] | null,
  sender: Account,
): Installation {
  const existing = world.store.installationFor(app.id, account.id);
  if (existing) throw new Error(`${app.name} is installed on ${account.login} already`);
  const now = world.clock.now();
  const installation: Installation = {
    id: world.store.id(),
    appId: app.id,
    accountId: account.id,
    selection: repositories === null ? 'all' : 'selected',
    repositoryIds: new Set((repositories ?? []).map((each) => each.id)),
    permissions: { ...app.permissions },
    events: [...app.events],
    createdAt: now,
    updatedAt: now,
    suspendedAt: null,
    suspendedById: null,
  };
  world.store.installations.set(installation.id, installation);
  announceInstallation(world, installation, 'created', sender);
  return installation;
}

export function uninstall(world: World, installation: Installation, sender: Account): void {
  announceInstallation(world, installation, 'deleted', sender);
  world.store.installations.delete(installation.id);
}

export function suspend(world: World, installation: Installation, sender: Account): void {
  if (installation.suspendedAt !== null) return;
  installation.suspendedAt = world.clock.now();
  installation.suspendedById = sender.id;
  announceInstallation(world, installation, 'suspend', sender);
}

export function unsuspend(world: World, installation: Installation, sender: Account): void {
  if (installation.suspendedAt === null) return;
  installation.suspendedAt = null;
  installation.suspendedById = null;
  announceInstallation(world, installation, 'unsuspend', sender);
}

/** The owner accepts what the App asks for by now. */
export function acceptPermissions(world: World, installation: Installation, app: App, sender: Account): void {
  installation.permissions = { ...app.permissions };
  installation.events = [...app.events];
  installation.updatedAt = world.clock.now();
  announceInstallation(world, installation, 'new_permissions_accepted', sender);
}

/** An App's new wishes: less applies at once, more waits until an owner accepts it. */
export function changeAppPermissions(world: World, app: App, permissions: Permissions, events: string[]): void {
  app.permissions = permissions;
  app.events = events;
  for (const installation of world.store.installations.values()) {
    if (installation.appId !== app.id) continue;
    for (const [name, level] of Object.entries(installation.permissions)) {
      const wanted = permissions[name];
      if (wanted === undefined) delete installation.permissions[name];
      else if (wanted === 'read' && level !== 'read') installation.permissions[name] = wanted;
    }
    installation.events = installation.events.filter((event) => events.includes(event));
  }
}

export function addRepositories(
  world: World,
  installation: Installation,
  repositories: Repository[],
  sender: Account,
): void {
  const added = repositories.filter((each) => !world.store.installationHas(installation, each));
  installation.selection = 'selected';
  for (const repository of added) installation.repositoryIds.add(repository.id);
  if (added.length > 0) announceInstallationRepositories(world, installation, { added }, sender);
}

export function removeRepositories(
  world: World,
  installation: Installation,
  repositories: Repository[],
  sender: Account,
): void {
  if (installation.selection === 'all') {
    for (const each of world.store.repositoriesOf(installation)) installation.repositoryIds.add(each.id);
    installation.selection = 'selected';
  }
  const removed = repositories.filter((each) => installation.repositoryIds.delete(each.id));
  if (removed.length > 0) announceInstallationRepositories(world, installation, { removed }, sender);
}
