import { GitHubError, notAccessible, notFound } from '../http/github-error.js';
import type { Installation, Level, Permissions, Repository, Role, UserToken } from '../state/model.js';
import { roleAtLeast } from '../state/store.js';
import type { World } from '../world.js';
import { scopesAllow } from '../oauth/scopes.js';
import type { Need } from './need.js';
import type { Principal } from './principal.js';

const levels: readonly (Level | undefined)[] = [undefined, 'read', 'write', 'admin'];

export function levelAtLeast(has: Level | undefined, wanted: Level): boolean {
  return levels.indexOf(has) >= levels.indexOf(wanted);
}

function isPublicRead(repository: Repository, need: Need): boolean {
  return !repository.private && need.level === 'read' && need.permission !== 'repository_hooks';
}

function roleGives(role: Role | 'none', level: Level): boolean {
  return roleAtLeast(role, level === 'admin' ? 'admin' : level);
}

/** Null when the principal may; else what GitHub answers. */
export function refusal(world: World, principal: Principal, repository: Repository, need: Need): GitHubError | null {
  const publicRead = isPublicRead(repository, need);
  const unseen = repository.private ? notFound() : notAccessible();
  switch (principal.kind) {
    case 'anonymous':
      if (publicRead) return null;
      return repository.private ? notFound() : new GitHubError(401, 'Requires authentication');
    case 'app':
    case 'client':
      return notAccessible();
    case 'personal':
      return roleRefusal(world.store.roleOf(principal.token.userId, repository), need);
    case 'oauth': {
      const { userId, scopes } = principal.token;
      // What a scope is missing for looks as if it were not there.
      if (!scopesAllow(scopes, repository, need)) return notFound();
      return roleRefusal(world.store.roleOf(userId, repository), need);
    }
    case 'installation': {
      const reached = installationReach(world, principal, repository);
      if (!reached) return publicRead ? null : unseen;
      return hasPermission(reached, need) ? null : notAccessible();
    }
    case 'user':
      return userRefusal(world, principal.token, repository, need, unseen);
  }
}

/** Hooks are their administrators' alone; to others they are not there. */
function roleRefusal(role: Role | 'none', need: Need): GitHubError | null {
  if (roleGives(role, levelFor(need))) return null;
  if (need.permission === 'repository_hooks' || !roleGives(role, 'read')) return notFound();
  return new GitHubError(403, 'Must have push access to the repository');
}

function levelFor(need: Need): Level {
  return need.permission === 'repository_hooks' ? 'admin' : need.level;
}

/** The permissions that an installation token has on a repository, or null when it does not reach it. */
export function installationReach(
  world: World,
  principal: Extract<Principal, { kind: 'installation' }>,
  repository: Repository,
): Permissions | null {
  const { token } = principal;
  const installation = world.store.installations.get(token.installationId);
  if (!installation || !world.store.installationHas(installation, repository)) return null;
  if (token.repositoryIds !== null && !token.repositoryIds.has(repository.id)) return null;
  // What was taken from the installation is gone from its tokens at once.
  return lowerOf(token.permissions, installation.permissions);
}

export function lowerOf(a: Permissions, b: Permissions): Permissions {
  const both: Permissions = {};
  for (const [name, level] of Object.entries(a)) {
    const other = b[name];
    if (other !== undefined) both[name] = levelAtLeast(level, other) ? other : level;
  }
  return both;
}

function hasPermission(permissions: Permissions, need: Need): boolean {
  if (need.permission === 'metadata' && need.level === 'read') return true;
  return levelAtLeast(permissions[need.permission], need.level);
}

function userRefusal(
  world: World,
  token: UserToken,
  repository: Repository,
  need: Need,
  unseen: GitHubError,
): GitHubError | null {
  const publicRead = isPublicRead(repository, need);
  const installation = world.store.installationFor(token.appId, repository.ownerId);
  const role = world.store.roleOf(token.userId, repository);
  if (!installation || !userTokenReaches(world, token, installation, repository)) return publicRead ? null : unseen;
  if (installation.suspendedAt !== null) return new GitHubError(403, 'This installation has been suspended');
  if (!roleGives(role, 'read')) return notFound();
  const permissions = token.narrowing
    ? lowerOf(token.narrowing.permissions, installation.permissions)
    : installation.permissions;
  if (hasPermission(permissions, need) && roleGives(role, levelFor(need))) return null;
  return publicRead ? null : notAccessible();
}

/** Whether a person's token for an App extends to a repository, by installation and narrowing alone. */
export function userTokenReaches(
  world: World,
  token: UserToken,
  installation: Installation,
  repository: Repository,
): boolean {
  if (!world.store.installationHas(installation, repository)) return false;
  if (!token.narrowing) return true;
  if (token.narrowing.installationId !== installation.id) return false;
  return token.narrowing.repositoryIds === null || token.narrowing.repositoryIds.has(repository.id);
}
