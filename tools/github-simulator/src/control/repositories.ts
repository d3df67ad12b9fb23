import { writeCommits } from '../git/write-commit.js';
import { git as runGit } from '../git/run-git.js';
import { organizationSimple, simpleUser } from '../represent/account.js';
import { representRepository } from '../represent/repository.js';
import type { Account, Repository } from '../state/model.js';
import { announceInstallationRepositories, announceRepositoryEvent, installationLite } from '../webhooks/announce.js';
import type { World } from '../world.js';
import { readFiles } from './file-content.js';
import { accountOf, repositoryOf, senderOf } from './lookup.js';
import type { CreatedRepository, NewRepository } from './wire.js';

export async function makeRepository(world: World, wanted: NewRepository): Promise<CreatedRepository> {
  const { store, clock } = world;
  const owner = accountOf(world, wanted.owner);
  if (store.repositoryByName(wanted.owner, wanted.name))
    throw new Error(`${wanted.owner}/${wanted.name} exists already`);
  const [parentOwner = '', parentName = ''] = (wanted.forkOf ?? '').split('/');
  const parent = wanted.forkOf === undefined ? null : repositoryOf(world, { owner: parentOwner, repo: parentName });
  const now = clock.now();
  const repository: Repository = {
    id: store.id(),
    ownerId: owner.id,
    name: wanted.name,
    description: wanted.description ?? null,
    private: wanted.private ?? true,
    archived: false,
    defaultBranch: wanted.defaultBranch ?? parent?.defaultBranch ?? 'main',
    forkOf: parent?.id ?? null,
    collaborators: new Map(),
    createdAt: now,
    updatedAt: now,
    pushedAt: now,
    statuses: [],
    statusesOf: new Map(),
    laggingCommits: new Map(),
    laggingRefs: new Map(),
  };
  const bare = await world.createGit(repository);
  store.repositories.set(repository.id, repository);
  if (parent) await joinNetwork(world, repository, parent);
  let sha: string | null = null;
  if (wanted.files) {
    sha = await writeCommits(bare, [
      {
        ref: `refs/heads/${repository.defaultBranch}`,
        ...readFiles(wanted.files),
        message: 'Begin',
        author: owner,
        at: now,
      },
    ]);
  }
  tellInstallation(world, repository, owner);
  const fullName = store.fullName(repository);
  return { id: repository.id, fullName, cloneUrl: `${world.addresses.web}/${fullName}.git`, sha };
}

/** An installation on all repositories hears of each new one. */
function tellInstallation(world: World, repository: Repository, owner: Account): void {
  for (const installation of world.store.installations.values()) {
    if (installation.accountId !== owner.id || installation.selection !== 'all') continue;
    announceInstallationRepositories(world, installation, { added: [repository] }, senderOf(world, undefined, owner));
  }
}

/** Repositories of a network share their objects both ways: a fork's commits exist under its parent's name. */
async function joinNetwork(world: World, fork: Repository, parent: Repository): Promise<void> {
  const [forkGit, parentGit] = [world.git(fork), world.git(parent)];
  await forkGit.shareObjectsOf(parentGit);
  await parentGit.shareObjectsOf(forkGit);
  const refs = await parentGit.refs('refs/heads/');
  const updates = [...refs].map(([ref, oid]) => `create ${ref} ${oid}\n`).join('');
  if (updates !== '') await runGit(forkGit.directory, ['update-ref', '--stdin'], updates);
}

function announceChange(
  world: World,
  repository: Repository,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
): void {
  announceRepositoryEvent(world, repository, 'repository', (installation) => ({
    action,
    ...extra,
    repository: representRepository(world.store, repository, world.addresses),
    sender: simpleUser(sender, world.addresses),
    ...(installation && { installation: installationLite(installation) }),
  }));
}

export function renameRepository(world: World, repository: Repository, name: string, sender?: string): void {
  const from = repository.name;
  world.store.formerNames.set(world.store.fullName(repository).toLowerCase(), repository.id);
  repository.name = name;
  const actor = senderOf(world, sender, world.store.account(repository.ownerId));
  announceChange(world, repository, 'renamed', actor, { changes: { repository: { name: { from } } } });
}

/** The old owner's installation loses it without `transferred`; only the new owner's hears that. */
export function moveRepository(world: World, repository: Repository, to: Account, sender?: string): void {
  const from = world.store.account(repository.ownerId);
  const actor = senderOf(world, sender, from);
  const losing = [...world.store.installations.values()].filter((each) =>
    world.store.installationHas(each, repository),
  );
  world.store.formerNames.set(world.store.fullName(repository).toLowerCase(), repository.id);
  repository.ownerId = to.id;
  for (const installation of losing) {
    installation.repositoryIds.delete(repository.id);
    announceInstallationRepositories(world, installation, { removed: [repository] }, actor);
  }
  tellInstallation(world, repository, to);
  const old =
    from.type === 'Organization'
      ? { organization: organizationSimple(from, world.addresses) }
      : { user: simpleUser(from, world.addresses) };
  announceChange(world, repository, 'transferred', actor, { changes: { owner: { from: old } } });
}

export function removeRepository(world: World, repository: Repository, sender?: string): void {
  const actor = senderOf(world, sender, world.store.account(repository.ownerId));
  const holding = [...world.store.installations.values()].filter((each) =>
    world.store.installationHas(each, repository),
  );
  const deleted = (): void => announceChange(world, repository, 'deleted', actor);
  const removed = (): void => {
    for (const each of holding) announceInstallationRepositories(world, each, { removed: [repository] }, actor);
  };
  const order = {
    deleted_then_removed: [deleted, removed],
    removed_then_deleted: [removed, deleted],
    removed: [removed],
    deleted: [deleted],
  }[world.switches.repositoryDeletion];
  for (const tell of order) tell();
  for (const { id } of world.store.hooksOf(repository)) world.store.repositoryHooks.delete(id);
  world.store.repositories.delete(repository.id);
  for (const each of holding) each.repositoryIds.delete(repository.id);
}
