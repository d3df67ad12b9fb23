import { simpleUser, nodeId, organizationSimple } from '../represent/account.js';
import { representRepositoryInPush } from '../represent/repository.js';
import type { Account, Installation, Repository, RepositoryHook } from '../state/model.js';
import type { World } from '../world.js';
import { type BareRepository, noObject } from './bare-repository.js';
import { type ChangedFiles, changedFiles } from './changed-files.js';
import type { CommitObject } from './parse-object.js';
import { announcePush } from '../webhooks/announce.js';
import { hookOfRepository } from '../webhooks/hook-owner.js';

export interface RefUpdate {
  ref: string;
  /** Null: created. */
  before: string | null;
  /** Null: deleted. */
  after: string | null;
}

const commitsMax = 2048;
const filesMax = 3000;
const tagsMax = 3;
const branchesMax = 5000;

/** What follows a push, however the refs were moved: times, lag, and a delivery for each ref. */
export async function afterPush(
  world: World,
  repository: Repository,
  updates: RefUpdate[],
  actor: { pusher: Account; sender?: Account },
): Promise<void> {
  const changed = updates.filter((update) => update.before !== update.after);
  if (changed.length === 0) return;
  repository.pushedAt = world.clock.now();
  const tags = changed.filter((update) => update.ref.startsWith('refs/tags/'));
  const branches = changed.filter((update) => update.ref.startsWith('refs/heads/'));
  const announced = [...(branches.length > branchesMax ? [] : branches), ...(tags.length > tagsMax ? [] : tags)];
  for (const update of announced) {
    const facts = await pushFacts(world, repository, update);
    startLag(world, repository, update, facts);
    announcePush(world, repository, (installation) =>
      pushPayload(world, repository, update, facts, actor, installation),
    );
  }
}

/** What a push of these objects would say to an App, without any push: for tests of forged deliveries. */
export async function wouldBePayload(
  world: World,
  repository: Repository,
  update: RefUpdate,
  actor: { pusher: Account; sender?: Account },
  installation: Installation,
): Promise<Record<string, unknown>> {
  return pushPayload(world, repository, update, await pushFacts(world, repository, update), actor, installation);
}

/** The last commit of the default branch as if it were pushed now, to one hook alone; nothing in an empty repository. */
export async function announceLatest(
  world: World,
  repository: Repository,
  hook: RepositoryHook,
  pusher: Account,
): Promise<void> {
  const ref = `refs/heads/${repository.defaultBranch}`;
  const after = (await world.git(repository).ref(ref))?.oid ?? null;
  if (after === null) return;
  const before = (await world.git(repository).commit(after))?.parents[0] ?? null;
  const update = { ref, before, after };
  const payload = pushPayload(world, repository, update, await pushFacts(world, repository, update), { pusher }, null);
  void world.hooks.send(hookOfRepository(hook), { event: 'push', payload, repositoryId: repository.id });
}

/** With a lag set, what was just pushed is not yet known to the machines that answer the API. */
function startLag(world: World, repository: Repository, update: RefUpdate, facts: PushFacts): void {
  const lag = world.lags.get(repository.id);
  if (!lag || update.after === null) return;
  const until = world.clock.now() + lag.ms;
  for (const commit of [...facts.commits, ...(facts.head ? [facts.head] : [])]) {
    repository.laggingCommits.set(String(commit['id']), until);
  }
  if (lag.refs) repository.laggingRefs.set(update.ref, { older: update.before, until });
}

interface PushFacts {
  forced: boolean;
  baseRef: string | null;
  commits: Record<string, unknown>[];
  head: Record<string, unknown> | null;
}

async function pushFacts(world: World, repository: Repository, update: RefUpdate): Promise<PushFacts> {
  const git = world.git(repository);
  const isTag = update.ref.startsWith('refs/tags/');
  const after = update.after === null ? null : await git.resolveCommit(update.after);
  const before = update.before === null ? null : await git.resolveCommit(update.before);
  if (after === null) return { forced: update.after !== null, baseRef: null, commits: [], head: null };
  const walked = await newCommits(git, before, after);
  const head = await commitInPush(world, repository, git, after);
  const listed = isTag ? [] : walked.commits.slice(-commitsMax);
  const commits: Record<string, unknown>[] = [];
  for (const oid of listed) commits.push(oid === after ? head : await commitInPush(world, repository, git, oid));
  const baseRef = update.before === null ? await refHolding(git, after, update.ref, repository.defaultBranch) : null;
  return { forced: before !== null && !walked.fastForward, baseRef, commits, head };
}

/** The commits a push added, oldest first. A short straight line, the usual push, costs no process. */
async function newCommits(
  git: BareRepository,
  before: string | null,
  after: string,
): Promise<{ fastForward: boolean; commits: string[] }> {
  // GitHub lists none for a branch that did not exist.
  if (before === null) return { fastForward: true, commits: [] };
  const line: string[] = [];
  for (let at: string | undefined = after; at !== undefined && line.length < 50;) {
    if (at === before) return { fastForward: true, commits: line.reverse() };
    line.push(at);
    const parents: string[] = (await git.commit(at))?.parents ?? [];
    at = parents.length === 1 ? parents[0] : undefined;
  }
  const [fastForward, commits] = await Promise.all([git.isAncestor(before, after), git.between(before, after)]);
  return { fastForward, commits };
}

async function refHolding(
  git: BareRepository,
  commit: string,
  except: string,
  defaultBranch: string,
): Promise<string | null> {
  const main = `refs/heads/${defaultBranch}`;
  if (main !== except && (await git.ref(main))?.oid === commit) return main;
  for (const [ref, oid] of await git.refs('refs/heads/')) if (oid === commit && ref !== except) return ref;
  return null;
}

async function commitInPush(
  world: World,
  repository: Repository,
  git: BareRepository,
  oid: string,
): Promise<Record<string, unknown>> {
  const commit = await git.commit(oid);
  if (!commit) throw new Error(`commit ${oid} is gone`);
  const parent = commit.parents[0] === undefined ? null : await git.commit(commit.parents[0]);
  const files = limitFiles(await changedFiles(git, parent?.tree ?? null, commit.tree));
  return {
    id: oid,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${world.addresses.web}/${world.store.fullName(repository)}/commit/${oid}`,
    author: personInCommit(world, commit.author),
    committer: personInCommit(world, commit.committer),
    ...files,
  };
}

function personInCommit(world: World, signature: CommitObject['author']): Record<string, unknown> {
  const email = signature.email.toLowerCase();
  const account = [...world.store.accounts.values()].find((each) => each.email.toLowerCase() === email);
  return {
    name: signature.name,
    email: signature.email,
    date: signature.date,
    ...(account ? { username: account.login } : {}),
  };
}

function limitFiles(files: ChangedFiles): ChangedFiles {
  const added = files.added.slice(0, filesMax);
  const removed = files.removed.slice(0, filesMax - added.length);
  return { added, removed, modified: files.modified.slice(0, filesMax - added.length - removed.length) };
}

function pushPayload(
  world: World,
  repository: Repository,
  update: RefUpdate,
  facts: PushFacts,
  actor: { pusher: Account; sender?: Account },
  installation: Installation | null,
): Record<string, unknown> {
  const { addresses, store } = world;
  const owner = store.account(repository.ownerId);
  const before = update.before ?? noObject;
  const after = update.after ?? noObject;
  return {
    ref: update.ref,
    before,
    after,
    repository: representRepositoryInPush(store, repository, addresses),
    pusher: { name: actor.pusher.login, email: actor.pusher.email },
    ...(owner.type === 'Organization' ? { organization: organizationSimple(owner, addresses) } : {}),
    sender: simpleUser(actor.sender ?? actor.pusher, addresses),
    ...(installation && { installation: { id: installation.id, node_id: nodeId('I', installation.id) } }),
    created: update.before === null,
    deleted: update.after === null,
    forced: facts.forced,
    base_ref: facts.baseRef,
    compare: compareUrl(world, repository, update),
    commits: facts.commits,
    head_commit: facts.head,
  };
}

function compareUrl(world: World, repository: Repository, update: RefUpdate): string {
  const web = `${world.addresses.web}/${world.store.fullName(repository)}`;
  const short = (oid: string): string => oid.slice(0, 12);
  if (update.before !== null && update.after !== null) {
    return `${web}/compare/${short(update.before)}...${short(update.after)}`;
  }
  if (update.before === null) return `${web}/compare/${encodeURI(update.ref.replace(/^refs\/(heads|tags)\//, ''))}`;
  return `${web}/compare/${short(update.before)}...${short(noObject)}`;
}
