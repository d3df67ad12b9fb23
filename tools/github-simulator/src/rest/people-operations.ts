import { GitHubError, notFound } from '../http/github-error.js';
import { publicUser, simpleUser } from '../represent/account.js';
import { representInstallation } from '../represent/installation.js';
import { representRepository, rolePermissions } from '../represent/repository.js';
import type { Account, Installation, UserToken } from '../state/model.js';
import { roleAtLeast } from '../state/store.js';
import {
  type Answer,
  anybody,
  anyToken,
  type Call,
  type Operation,
  paged,
  people,
  type RepositoryCall,
} from './operation.js';
import { isPerson } from './principal.js';
import { userTokenReaches } from './rights.js';

/** Who asks, where somebody does. */
export function signedIn(call: Call): Account {
  const { principal, world } = call;
  if (isPerson(principal)) return world.store.account(principal.token.userId);
  throw new GitHubError(403, 'Resource not accessible by integration');
}

function byLogin(call: Call): Answer {
  const account = call.world.store.accountByLogin(call.params['username'] ?? '');
  if (!account) throw notFound();
  return { status: 200, body: publicUser(account, call.world.addresses) };
}

function byId(call: Call): Answer {
  const account = call.world.store.accounts.get(Number(call.params['account_id']));
  if (!account) throw notFound();
  return { status: 200, body: publicUser(account, call.world.addresses) };
}

function userToken(call: Call): UserToken {
  if (call.principal.kind !== 'user')
    throw new GitHubError(
      403,
      'You must authenticate with an access token authorized to a GitHub App in order to list installations',
    );
  return call.principal.token;
}

/** The App's installations that hold something the person can reach. */
function userInstallations(call: Call): Answer {
  const { store, addresses } = call.world;
  const token = userToken(call);
  const reached = [...store.installations.values()].filter(
    (each) =>
      each.appId === token.appId &&
      (each.accountId === token.userId || reachedRepositories(call, token, each).length > 0),
  );
  const { items, headers } = paged(call, reached);
  const installations = items.map((each) => representInstallation(store, each, addresses));
  return { status: 200, headers, body: { total_count: reached.length, installations } };
}

function reachedRepositories(
  call: Call,
  token: UserToken,
  installation: Installation,
): ReturnType<typeof call.world.store.repositoriesOf> {
  const { store } = call.world;
  return store
    .repositoriesOf(installation)
    .filter((each) => store.explicitRoleOf(token.userId, each) !== 'none')
    .filter((each) => userTokenReaches(call.world, token, installation, each));
}

function userInstallationRepositories(call: Call): Answer {
  const { store, addresses } = call.world;
  const token = userToken(call);
  const installation = store.installations.get(Number(call.params['installation_id']));
  if (!installation || installation.appId !== token.appId) throw notFound();
  if (installation.suspendedAt !== null) throw new GitHubError(403, 'This installation has been suspended');
  const reached = reachedRepositories(call, token, installation);
  const { items, headers } = paged(call, reached);
  return {
    status: 200,
    headers,
    body: {
      total_count: reached.length,
      repository_selection: installation.selection,
      repositories: items.map((each) => representRepository(store, each, addresses, store.roleOf(token.userId, each))),
    },
  };
}

function getRepository(call: RepositoryCall): Answer {
  const { world, repository, principal } = call;
  const role = isPerson(principal) ? world.store.roleOf(principal.token.userId, repository) : 'read';
  const parent = repository.forkOf === null ? undefined : world.store.repositories.get(repository.forkOf);
  const parentBody = parent && representRepository(world.store, parent, world.addresses);
  return {
    status: 200,
    body: {
      ...representRepository(world.store, repository, world.addresses, role),
      ...(parentBody ? { parent: parentBody, source: parentBody } : {}),
    },
  };
}

function collaboratorPermission(call: RepositoryCall): Answer {
  const { world, repository, principal } = call;
  if (isPerson(principal)) {
    const own = world.store.roleOf(principal.token.userId, repository);
    if (!roleAtLeast(own, 'write')) {
      throw new GitHubError(403, 'Must have push access to view collaborator permission.');
    }
  }
  const account = world.store.accountByLogin(call.params['username'] ?? '');
  if (!account) throw notFound();
  const role = world.store.roleOf(account.id, repository);
  const permission = role === 'maintain' ? 'write' : role === 'triage' ? 'read' : role;
  return {
    status: 200,
    body: {
      permission,
      role_name: role,
      user: { ...simpleUser(account, world.addresses), permissions: rolePermissions(role), role_name: role },
    },
  };
}

const metadata = { permission: 'metadata', level: 'read' } as const;

export const peopleOperations: Operation[] = [
  {
    method: 'GET',
    path: '/user',
    askers: people,
    handle: (call) => ({ status: 200, body: publicUser(signedIn(call), call.world.addresses) }),
  },
  { method: 'GET', path: '/user/installations', askers: ['user', 'personal'], handle: userInstallations },
  {
    method: 'GET',
    path: '/user/installations/{installation_id}/repositories',
    askers: ['user', 'personal'],
    handle: userInstallationRepositories,
  },
  { method: 'GET', path: '/user/{account_id}', askers: anybody, handle: byId },
  { method: 'GET', path: '/users/{username}', askers: anybody, handle: byLogin },
  { method: 'GET', path: '/repos/{owner}/{repo}', askers: anybody, need: metadata, inRepository: getRepository },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/collaborators/{username}/permission',
    askers: anyToken,
    need: metadata,
    inRepository: collaboratorPermission,
  },
];
