import { suspend, uninstall, unsuspend } from '../apps/installing.js';
import { GitHubError, notFound } from '../http/github-error.js';
import { representApp, representInstallation } from '../represent/installation.js';
import { representRepository } from '../represent/repository.js';
import type { App, Installation, Permissions } from '../state/model.js';
import type { Answer, Call, Operation } from './operation.js';
import { paged } from './operation.js';
import { levelAtLeast } from './rights.js';

const repositoriesMax = 500;

function appOf(call: Call): App {
  if (call.principal.kind !== 'app') throw new GitHubError(401, 'A JSON web token could not be decoded');
  return call.principal.app;
}

function ownInstallation(call: Call): Installation {
  const installation = call.world.store.installations.get(Number(call.params['installation_id']));
  if (!installation || installation.appId !== appOf(call).id) throw notFound();
  return installation;
}

function getApp(call: Call): Answer {
  return { status: 200, body: representApp(call.world.store, appOf(call), call.world.addresses) };
}

function listInstallations(call: Call): Answer {
  const { store, addresses } = call.world;
  const own = [...store.installations.values()].filter((each) => each.appId === appOf(call).id);
  const { items, headers } = paged(call, own);
  return { status: 200, headers, body: items.map((each) => representInstallation(store, each, addresses)) };
}

function getInstallation(call: Call): Answer {
  return { status: 200, body: representInstallation(call.world.store, ownInstallation(call), call.world.addresses) };
}

function findInstallation(call: Call, accountLogin: string): Answer {
  const { store, addresses } = call.world;
  const account = store.accountByLogin(accountLogin);
  const installation = account && store.installationFor(appOf(call).id, account.id);
  if (!installation) throw notFound();
  return { status: 200, body: representInstallation(store, installation, addresses) };
}

/** Which of the installation's repositories a token is asked for; null: all. */
function wantedRepositories(call: Call, installation: Installation): Set<number> | null {
  const { repositories: names, repository_ids: ids } = call.body;
  if (!Array.isArray(names) && !Array.isArray(ids)) return null;
  const available = call.world.store.repositoriesOf(installation);
  const wanted = [
    ...(Array.isArray(ids) ? ids.map((id) => available.find((each) => each.id === id)) : []),
    ...(Array.isArray(names) ? names.map((name) => available.find((each) => each.name === name)) : []),
  ];
  if (wanted.length > repositoriesMax) throw new GitHubError(422, 'Too many repositories: at most 500 are possible.');
  const found = wanted.filter((each) => each !== undefined);
  if (found.length < wanted.length) {
    throw new GitHubError(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  }
  return new Set(found.map((each) => each.id));
}

/** Checks that no more is asked for than was granted. */
export function wantedPermissions(asked: unknown, granted: Permissions): Permissions {
  if (typeof asked !== 'object' || asked === null) return { ...granted };
  const permissions = asked as Permissions;
  for (const [name, level] of Object.entries(permissions)) {
    if (!levelAtLeast(granted[name], level)) {
      throw new GitHubError(422, 'The permissions requested are not granted to this installation.');
    }
  }
  return granted['metadata'] ? { metadata: 'read', ...permissions } : { ...permissions };
}

function createInstallationToken(call: Call): Answer {
  const { world } = call;
  const app = appOf(call);
  const installation = ownInstallation(call);
  if (installation.suspendedAt !== null) throw new GitHubError(403, 'This installation has been suspended');
  let repositoryIds = wantedRepositories(call, installation);
  let permissions = wantedPermissions(call.body['permissions'], installation.permissions);
  if (world.wide.take('installation')) {
    repositoryIds = null;
    permissions = { ...installation.permissions };
  }
  const token = world.tokens.issueInstallationToken(app.id, installation.id, { permissions, repositoryIds });
  const narrowed =
    repositoryIds === null
      ? null
      : world.store.repositoriesOf(installation).filter((each) => repositoryIds.has(each.id));
  return {
    status: 201,
    body: {
      token: token.value,
      expires_at: world.clock.iso(token.expiresAt),
      permissions,
      repository_selection: narrowed ? 'selected' : installation.selection,
      ...(narrowed
        ? { repositories: narrowed.map((each) => representRepository(world.store, each, world.addresses)) }
        : {}),
    },
  };
}

function revokeInstallationToken(call: Call): Answer {
  const { world, principal } = call;
  if (principal.kind !== 'installation') throw new GitHubError(401, 'Bad credentials');
  world.tokens.end(principal.token, world.clock.now() + world.switches.installationTokenRevocationDelayMs);
  return { status: 204 };
}

function installationRepositories(call: Call): Answer {
  const { world, principal } = call;
  if (principal.kind !== 'installation') throw new GitHubError(403, 'Resource not accessible by integration');
  const installation = world.store.installations.get(principal.token.installationId);
  if (!installation) throw notFound();
  const narrowed = principal.token.repositoryIds;
  const reached = world.store.repositoriesOf(installation).filter((each) => narrowed === null || narrowed.has(each.id));
  const { items, headers } = paged(call, reached);
  return {
    status: 200,
    headers,
    body: {
      total_count: reached.length,
      repository_selection: narrowed ? 'selected' : installation.selection,
      repositories: items.map((each) => representRepository(world.store, each, world.addresses)),
    },
  };
}

function change(verb: typeof suspend): (call: Call) => Answer {
  return (call) => {
    verb(call.world, ownInstallation(call), call.world.store.account(appOf(call).botId));
    return { status: 204 };
  };
}

/** What an App asks as itself, with its JWT, and what an installation asks about itself. */
export const appOperations: Operation[] = [
  { method: 'GET', path: '/app', askers: ['app'], handle: getApp },
  { method: 'GET', path: '/app/installations', askers: ['app'], handle: listInstallations },
  { method: 'GET', path: '/app/installations/{installation_id}', askers: ['app'], handle: getInstallation },
  { method: 'DELETE', path: '/app/installations/{installation_id}', askers: ['app'], handle: change(uninstall) },
  { method: 'PUT', path: '/app/installations/{installation_id}/suspended', askers: ['app'], handle: change(suspend) },
  {
    method: 'DELETE',
    path: '/app/installations/{installation_id}/suspended',
    askers: ['app'],
    handle: change(unsuspend),
  },
  {
    method: 'POST',
    path: '/app/installations/{installation_id}/access_tokens',
    askers: ['app'],
    handle: createInstallationToken,
  },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/installation',
    askers: ['app'],
    handle: (call) => {
      const repository = call.world.store.repositoryByName(call.params['owner'] ?? '', call.params['repo'] ?? '');
      const installation = repository && call.world.store.installationFor(appOf(call).id, repository.ownerId);
      if (!installation || !call.world.store.installationHas(installation, repository)) throw notFound();
      return findInstallation(call, call.params['owner'] ?? '');
    },
  },
  {
    method: 'GET',
    path: '/orgs/{org}/installation',
    askers: ['app'],
    handle: (call) => findInstallation(call, call.params['org'] ?? ''),
  },
  {
    method: 'GET',
    path: '/users/{username}/installation',
    askers: ['app'],
    handle: (call) => findInstallation(call, call.params['username'] ?? ''),
  },
  { method: 'DELETE', path: '/installation/token', askers: ['installation'], handle: revokeInstallationToken },
  { method: 'GET', path: '/installation/repositories', askers: ['installation'], handle: installationRepositories },
];
