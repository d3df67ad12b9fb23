import { GitHubError, notFound } from '../http/github-error.js';
import type { BareRepository } from '../git/bare-repository.js';
import { changedFiles } from '../git/changed-files.js';
import type { CommitObject, Signature } from '../git/parse-object.js';
import { nodeId, simpleUser } from '../represent/account.js';
import { type Answer, anybody, type Operation, paged, type RepositoryCall } from './operation.js';
import { noCommit, visibleCommit, visibleRef } from './revisions.js';

const wantsSha = (call: RepositoryCall): boolean => /vnd\.github(\.v3)?\.sha/.test(call.accept);

async function findCommit(call: RepositoryCall, revision: string): Promise<CommitObject> {
  const { world, repository } = call;
  const oid = await visibleCommit(world, repository, revision);
  const commit = oid === null ? null : await world.git(repository).commit(oid);
  if (commit) return commit;
  if ((await world.git(repository).refs()).size === 0) throw new GitHubError(409, 'Git Repository is empty.');
  throw noCommit(revision);
}

function person(call: RepositoryCall, signature: Signature): Record<string, unknown> | null {
  const { store, addresses } = call.world;
  const email = signature.email.toLowerCase();
  const account = [...store.accounts.values()].find((each) => each.email.toLowerCase() === email);
  return account ? simpleUser(account, addresses) : null;
}

function representCommit(call: RepositoryCall, commit: CommitObject): Record<string, unknown> {
  const { world, repository } = call;
  const name = world.store.fullName(repository);
  const api = `${world.addresses.api}/repos/${name}`;
  const web = `${world.addresses.web}/${name}`;
  const signed = ({ name, email, utc }: Signature): unknown => ({ name, email, date: utc });
  return {
    sha: commit.oid,
    node_id: `C_${commit.oid}`,
    commit: {
      author: signed(commit.author),
      committer: signed(commit.committer),
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      url: `${api}/git/commits/${commit.oid}`,
      comment_count: 0,
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    url: `${api}/commits/${commit.oid}`,
    html_url: `${web}/commit/${commit.oid}`,
    comments_url: `${api}/commits/${commit.oid}/comments`,
    author: person(call, commit.author),
    committer: person(call, commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}`, html_url: `${web}/commit/${sha}` })),
  };
}

async function files(call: RepositoryCall, before: string | null, after: string): Promise<Record<string, unknown>[]> {
  const { world, repository } = call;
  const git = world.git(repository);
  const changes = await changedFiles(git, before, after);
  const api = `${world.addresses.api}/repos/${world.store.fullName(repository)}`;
  const web = `${world.addresses.web}/${world.store.fullName(repository)}`;
  const one = async (filename: string, status: string): Promise<Record<string, unknown>> => {
    const object = await git.objects.info(`${status === 'removed' ? before : after}:${filename}`);
    return {
      sha: object?.oid ?? null,
      filename,
      status,
      additions: status === 'removed' ? 0 : 1,
      deletions: status === 'added' ? 0 : 1,
      changes: status === 'modified' ? 2 : 1,
      patch: await patchOf(git, `${status === 'removed' ? before : after}:${filename}`),
      blob_url: `${web}/blob/${inUrl(filename)}`,
      raw_url: `${web}/raw/${inUrl(filename)}`,
      contents_url: `${api}/contents/${encodeURIComponent(filename)}`,
    };
  };
  return Promise.all([
    ...changes.added.map((name) => one(name, 'added')),
    ...changes.modified.map((name) => one(name, 'modified')),
    ...changes.removed.map((name) => one(name, 'removed')),
  ]);
}

/** Every line of the one side: GitHub sends the text of what changed along. */
async function patchOf(git: BareRepository, revision: string): Promise<string> {
  const text = (await git.objects.read(revision))?.data.toString('utf8').slice(0, 3000) ?? '';
  return `@@ -0,0 +1 @@\n${text.replaceAll(/^/gm, '+')}`;
}

async function getCommit(call: RepositoryCall): Promise<Answer> {
  const commit = await findCommit(call, call.params['ref'] ?? '');
  if (wantsSha(call)) {
    return {
      status: 200,
      raw: { contentType: 'application/vnd.github.sha; charset=utf-8', data: Buffer.from(commit.oid) },
    };
  }
  const git = call.world.git(call.repository);
  const parent = commit.parents[0] === undefined ? null : await git.commit(commit.parents[0]);
  const changed = await files(call, parent?.tree ?? null, commit.tree);
  const count = (key: string): number => changed.reduce((sum, each) => sum + Number(each[key]), 0);
  const stats = { total: count('changes'), additions: count('additions'), deletions: count('deletions') };
  return { status: 200, body: { ...representCommit(call, commit), stats, files: changed.slice(0, 300) } };
}

async function listCommits(call: RepositoryCall): Promise<Answer> {
  const start = await findCommit(call, call.query.get('sha') ?? call.repository.defaultBranch);
  const git = call.world.git(call.repository);
  const found: CommitObject[] = [];
  const waiting = [start.oid];
  const seen = new Set<string>();
  while (waiting.length > 0 && found.length < 1000) {
    const oid = waiting.shift() ?? '';
    if (seen.has(oid)) continue;
    seen.add(oid);
    const commit = await git.commit(oid);
    if (!commit) continue;
    found.push(commit);
    waiting.push(...commit.parents);
  }
  const { items, headers } = paged(call, found);
  return { status: 200, headers, body: items.map((each) => representCommit(call, each)) };
}

async function compare(call: RepositoryCall): Promise<Answer> {
  const [baseName = '', headName = ''] = (call.params['basehead'] ?? '').split('...');
  const git = call.world.git(call.repository);
  const [base, head] = await Promise.all([compared(call, baseName), compared(call, headName)]);
  const mergeBase = base.oid === head.oid ? base.oid : await git.mergeBase(base.oid, head.oid);
  if (mergeBase === null) throw new GitHubError(404, `No common ancestor between ${baseName} and ${headName}.`);
  const page = Number(call.query.get('page') ?? 1);
  const [ahead, behind, common] = await Promise.all([
    head.oid === mergeBase ? [] : git.between(base.oid, head.oid),
    base.oid === mergeBase ? [] : git.between(head.oid, base.oid),
    git.commit(mergeBase),
  ]);
  const status =
    ahead.length === 0 ? (behind.length === 0 ? 'identical' : 'behind') : behind.length === 0 ? 'ahead' : 'diverged';
  const commits = await Promise.all(ahead.slice(-250).map((oid) => git.commit(oid)));
  const web = `${call.world.addresses.web}/${call.world.store.fullName(call.repository)}/compare/${inUrl(baseName)}...${inUrl(headName)}`;
  return {
    status: 200,
    body: {
      url: `${call.world.addresses.api}${call.path}`,
      html_url: web,
      permalink_url: web,
      diff_url: `${web}.diff`,
      patch_url: `${web}.patch`,
      base_commit: representCommit(call, base),
      merge_base_commit: representCommit(call, common ?? base),
      status,
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits: commits.filter((each) => each !== null).map((each) => representCommit(call, each)),
      ...(page === 1 && { files: (await files(call, common?.tree ?? null, head.tree)).slice(0, 300) }),
    },
  };
}

/** Unlike elsewhere an unknown revision is a plain 404 here. */
async function compared(call: RepositoryCall, revision: string): Promise<CommitObject> {
  const oid = await visibleCommit(call.world, call.repository, revision);
  const commit = oid === null ? null : await call.world.git(call.repository).commit(oid);
  if (!commit) throw notFound();
  return commit;
}

async function branch(call: RepositoryCall): Promise<Answer> {
  const name = call.params['branch'] ?? '';
  const { world, repository } = call;
  const ref = await visibleRef(world, repository, `refs/heads/${name}`);
  const commit = ref ? await world.git(repository).commit(ref.oid) : null;
  if (!commit) throw new GitHubError(404, 'Branch not found');
  const self = `${world.addresses.api}/repos/${world.store.fullName(repository)}/branches/${encodeURIComponent(name)}`;
  const html = `${world.addresses.web}/${world.store.fullName(repository)}/tree/${inUrl(name)}`;
  return {
    status: 200,
    body: {
      name,
      commit: representCommit(call, commit),
      _links: { self, html },
      protected: false,
      protection: { enabled: false, required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] } },
      protection_url: `${self}/protection`,
    },
  };
}

function representRef(
  call: RepositoryCall,
  ref: string,
  object: { oid: string; type: string },
): Record<string, unknown> {
  const api = `${call.world.addresses.api}/repos/${call.world.store.fullName(call.repository)}/git`;
  return {
    ref,
    node_id: nodeId('REF', call.repository.id),
    url: `${api}/${inUrl(ref)}`,
    object: { sha: object.oid, type: object.type, url: `${api}/${object.type}s/${object.oid}` },
  };
}

async function getRef(call: RepositoryCall): Promise<Answer> {
  const name = `refs/${call.params['ref'] ?? ''}`;
  const object = await visibleRef(call.world, call.repository, name);
  if (!object) throw notFound();
  return { status: 200, body: representRef(call, name, object) };
}

async function matchingRefs(call: RepositoryCall): Promise<Answer> {
  const refs = await call.world.git(call.repository).refs(`refs/${call.params['ref'] ?? ''}`);
  const items: Record<string, unknown>[] = [];
  for (const name of refs.keys()) {
    const object = await visibleRef(call.world, call.repository, name);
    if (object) items.push(representRef(call, name, object));
  }
  return { status: 200, body: items };
}

async function tag(call: RepositoryCall): Promise<Answer> {
  const oid = call.params['tag_sha'] ?? '';
  const git = call.world.git(call.repository);
  const object = /^[0-9a-f]{40}$/.test(oid) ? await git.objects.read(oid) : null;
  if (object?.type !== 'tag') throw notFound();
  const text = object.data.toString('utf8');
  const target = await git.tagTarget(oid);
  const tagger = /^tagger (.*?) <(.*?)> (\d+)/m.exec(text);
  const api = `${call.world.addresses.api}/repos/${call.world.store.fullName(call.repository)}/git`;
  return {
    status: 200,
    body: {
      node_id: `T_${oid}`,
      tag: /^tag (.*)$/m.exec(text)?.[1] ?? '',
      sha: oid,
      url: `${api}/tags/${oid}`,
      message: text.slice(text.indexOf('\n\n') + 2),
      tagger: {
        name: tagger?.[1] ?? '',
        email: tagger?.[2] ?? '',
        date: call.world.clock.iso(Number(tagger?.[3] ?? 0) * 1000),
      },
      object: { sha: target, type: 'commit', url: `${api}/commits/${target}` },
    },
  };
}

/** A path or a branch as it stands in an address. */
function inUrl(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

const read = { permission: 'contents', level: 'read' } as const;
const repo = '/repos/{owner}/{repo}';

export const commitOperations: Operation[] = [
  { method: 'GET', path: `${repo}/commits/{ref}`, askers: anybody, need: read, inRepository: getCommit },
  { method: 'GET', path: `${repo}/commits`, askers: anybody, need: read, inRepository: listCommits },
  { method: 'GET', path: `${repo}/compare/{basehead}`, askers: anybody, need: read, inRepository: compare },
  { method: 'GET', path: `${repo}/branches/{branch}`, askers: anybody, need: read, inRepository: branch },
  { method: 'GET', path: `${repo}/git/ref/{ref}`, askers: anybody, need: read, inRepository: getRef },
  { method: 'GET', path: `${repo}/git/matching-refs/{ref}`, askers: anybody, need: read, inRepository: matchingRefs },
  { method: 'GET', path: `${repo}/git/tags/{tag_sha}`, askers: anybody, need: read, inRepository: tag },
];
