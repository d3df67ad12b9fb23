import { nodeId, simpleUser } from '../represent/account.js';
import { representInstallation } from '../represent/installation.js';
import { repositoryInInstallation } from '../represent/repository.js';
import type { Account, App, Installation, Repository } from '../state/model.js';
import type { World } from '../world.js';
import type { HookEvent } from './sender.js';

/** Sends without waiting: GitHub's own pages and git never wait for a hook. */
function sendLater(world: World, app: App, event: HookEvent): void {
  void world.hooks.send(app, event);
}

/** A `push` to every App that is installed on the repository and listens. */
export function announcePush(
  world: World,
  repository: Repository,
  payload: (installation: Installation) => Record<string, unknown>,
): void {
  announceRepositoryEvent(world, repository, 'push', payload, 'contents');
}

/** An event about a repository, to the Apps that subscribed to it and may know of it. */
export function announceRepositoryEvent(
  world: World,
  repository: Repository,
  event: string,
  payload: (installation: Installation) => Record<string, unknown>,
  permission = 'metadata',
): void {
  for (const installation of world.store.installations.values()) {
    const app = world.store.apps.get(installation.appId);
    if (!app || installation.suspendedAt !== null) continue;
    if (!installation.events.includes(event) || !world.store.installationHas(installation, repository)) continue;
    if (permission !== 'metadata' && installation.permissions[permission] === undefined) continue;
    sendLater(world, app, {
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
  sendLater(world, app, {
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
  sendLater(world, app, {
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
  sendLater(world, app, {
    event: 'github_app_authorization',
    payload: { action: 'revoked', sender: simpleUser(user, world.addresses) },
  });
}

/** `ping`, when a hook is made. */
export function announcePing(world: World, app: App): void {
  sendLater(world, app, {
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

/** The reference to an installation that other events carry. */
export function installationLite(installation: Installation): Record<string, unknown> {
  return { id: installation.id, node_id: nodeId('I', installation.id) };
}
