import { nodeId, simpleUser } from '../represent/account.js';
import { representInstallation } from '../represent/installation.js';
import { repositoryInInstallation } from '../represent/repository.js';
import type { Account, App, Installation, Repository, RepositoryHook } from '../state/model.js';
import type { World } from '../world.js';
import { type HookOwner, hookOfApp, hookOfRepository } from './hook-owner.js';
import type { HookEvent } from './sender.js';

/** Sends without waiting: GitHub's own pages and git never wait for a hook. */
function sendLater(world: World, owner: HookOwner, event: HookEvent): void {
  void world.hooks.send(owner, event);
}

/** What a push says: to an App with its installation, to a repository's own hook without. */
export type PayloadFor = (installation: Installation | null) => Record<string, unknown>;

/** A `push` to every App that is installed on the repository and listens, and to the repository's hooks. */
export function announcePush(world: World, repository: Repository, payload: PayloadFor): void {
  announceRepositoryEvent(world, repository, 'push', payload, 'contents');
}

/** An event about a repository, to its hooks and to the Apps that subscribed to it and may know of it. */
export function announceRepositoryEvent(
  world: World,
  repository: Repository,
  event: string,
  payload: PayloadFor,
  permission = 'metadata',
): void {
  for (const hook of world.store.hooksOf(repository)) {
    if (!hook.events.includes(event) && !hook.events.includes('*')) continue;
    sendLater(world, hookOfRepository(hook), { event, payload: payload(null), repositoryId: repository.id });
  }
  for (const installation of world.store.installations.values()) {
    const app = world.store.apps.get(installation.appId);
    if (!app || installation.suspendedAt !== null) continue;
    if (!installation.events.includes(event) || !world.store.installationHas(installation, repository)) continue;
    if (permission !== 'metadata' && installation.permissions[permission] === undefined) continue;
    sendLater(world, hookOfApp(app), {
      event,
      payload: payload(installation),
      installationId: installation.id,
      repositoryId: repository.id,
    });
  }
}

/** `installation`: every App gets it, subscribed or not. */
export function announceInstallation(
  world: World,
  installation: Installation,
  action: 'created' | 'deleted' | 'suspend' | 'unsuspend' | 'new_permissions_accepted',
  sender: Account,
): void {
  const app = world.store.apps.get(installation.appId);
  if (!app) return;
  const withRepositories = action === 'created' || action === 'deleted' || action === 'new_permissions_accepted';
  const repositories = world.store.repositoriesOf(installation);
  sendLater(world, hookOfApp(app), {
    event: 'installation',
    installationId: installation.id,
    payload: {
      action,
      installation: representInstallation(world.store, installation, world.addresses),
      ...(withRepositories
        ? { repositories: repositories.map((each) => repositoryInInstallation(world.store, each)) }
        : {}),
      ...(action === 'created' ? { requester: null } : {}),
      sender: simpleUser(sender, world.addresses),
    },
  });
}

/** `installation_repositories`: every App gets it, subscribed or not. */
export function announceInstallationRepositories(
  world: World,
  installation: Installation,
  change: { added?: Repository[]; removed?: Repository[] },
  sender: Account,
): void {
  const app = world.store.apps.get(installation.appId);
  if (!app) return;
  const list = (repositories: Repository[] = []): unknown[] =>
    repositories.map((each) => repositoryInInstallation(world.store, each));
  sendLater(world, hookOfApp(app), {
    event: 'installation_repositories',
    installationId: installation.id,
    payload: {
      action: change.added ? 'added' : 'removed',
      installation: representInstallation(world.store, installation, world.addresses),
      repository_selection: installation.selection,
      repositories_added: list(change.added),
      repositories_removed: list(change.removed),
      requester: null,
      sender: simpleUser(sender, world.addresses),
    },
  });
}

/** `github_app_authorization.revoked`: names the person and nothing else. */
export function announceRevocation(world: World, app: App, user: Account): void {
  sendLater(world, hookOfApp(app), {
    event: 'github_app_authorization',
    payload: { action: 'revoked', sender: simpleUser(user, world.addresses) },
  });
}

/** `ping`, when a hook is made. */
export function announcePing(world: World, app: App): void {
  sendLater(world, hookOfApp(app), {
    event: 'ping',
    payload: {
      zen: 'Keep it logically awesome.',
      hook_id: app.hook.id,
      hook: {
        type: 'App',
        id: app.hook.id,
        name: 'web',
        active: app.hook.active,
        events: app.events,
        app_id: app.id,
        config: { content_type: app.hook.contentType, insecure_ssl: app.hook.insecureSsl, url: app.hook.url },
        updated_at: world.clock.iso(),
        created_at: world.clock.iso(),
        deliveries_url: `${world.addresses.api}/app/hook/deliveries`,
      },
    },
  });
}

/** `ping` of a repository's own hook, when it is made and when it is asked for. */
export function announceRepositoryPing(
  world: World,
  repository: Repository,
  hook: RepositoryHook,
  facts: { hook: Record<string, unknown>; repository: Record<string, unknown>; sender: Account },
): void {
  sendLater(world, hookOfRepository(hook), {
    event: 'ping',
    repositoryId: repository.id,
    payload: {
      zen: 'Keep it logically awesome.',
      hook_id: hook.id,
      hook: facts.hook,
      repository: facts.repository,
      sender: simpleUser(facts.sender, world.addresses),
    },
  });
}

/** The reference to an installation that other events carry. */
export function installationLite(installation: Installation): Record<string, unknown> {
  return { id: installation.id, node_id: nodeId('I', installation.id) };
}
