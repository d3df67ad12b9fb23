import { GitHubError } from '../http/github-error.js';
import type { Repository } from '../state/model.js';
import type { World } from '../world.js';

/** Whether a commit is still on its way to the machine that answers (see `replication lag`). */
export function isLagging(world: World, repository: Repository, oid: string): boolean {
  const until = repository.laggingCommits.get(oid);
  if (until === undefined) return false;
  if (until > world.clock.now()) return true;
  repository.laggingCommits.delete(oid);
  return false;
}

/** A ref's object as the API sees it now: during a replication lag its older one. */
export async function visibleRef(
  world: World,
  repository: Repository,
  name: string,
): Promise<{ oid: string; type: string } | null> {
  const lag = repository.laggingRefs.get(name);
  if (lag && lag.until > world.clock.now()) {
    return lag.older === null ? null : world.git(repository).ref(lag.older);
  }
  repository.laggingRefs.delete(name);
  return world.git(repository).ref(name);
}

/** The commit a revision stands for, as the API sees it now, or null. */
export async function visibleCommit(world: World, repository: Repository, revision: string): Promise<string | null> {
  const git = world.git(repository);
  for (const name of [`refs/heads/${revision}`, `refs/tags/${revision}`]) {
    const lag = repository.laggingRefs.get(name);
    if (lag && lag.until > world.clock.now()) return lag.older === null ? null : git.resolveCommit(lag.older);
  }
  const oid = await git.resolveCommit(revision);
  return oid === null || isLagging(world, repository, oid) ? null : oid;
}

export function noCommit(revision: string): GitHubError {
  return new GitHubError(422, `No commit found for SHA: ${revision}`);
}
