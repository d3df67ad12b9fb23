import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CatFile, type GitObject } from './cat-file.js';
import { type CommitObject, parseCommit, parseTagTarget, parseTree, type TreeEntry } from './parse-object.js';
import { git, tryGit } from './run-git.js';

export const noObject = '0'.repeat(40);
const fullSha = /^[0-9a-f]{40}$/;

/** What GitHub's own servers allow and what keeps a throw-away repository quick. */
const configuration = `[core]
	repositoryformatversion = 0
	bare = true
	fsync = none
[http]
	receivepack = true
[uploadpack]
	allowAnySHA1InWant = true
	allowFilter = true
[receive]
	autogc = false
	denyDeletes = false
	denyDeleteCurrent = ignore
	denyCurrentBranch = ignore
[gc]
	auto = 0
`;

/** One bare git repository on disk, read through a long-lived process. */
export class BareRepository {
  readonly objects: CatFile;

  constructor(readonly directory: string) {
    this.objects = new CatFile(directory);
  }

  async create(defaultBranch: string): Promise<void> {
    for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
      await mkdir(join(this.directory, folder), { recursive: true });
    }
    await writeFile(join(this.directory, 'HEAD'), `ref: refs/heads/${defaultBranch}\n`);
    await writeFile(join(this.directory, 'config'), configuration);
  }

  async exists(): Promise<boolean> {
    return access(join(this.directory, 'HEAD')).then(
      () => true,
      () => false,
    );
  }

  /** Lets this repository read another's objects: the repositories of a fork network share theirs. */
  async shareObjectsOf(other: BareRepository): Promise<void> {
    const file = join(this.directory, 'objects/info/alternates');
    const before = await readFile(file, 'utf8').catch(() => '');
    await writeFile(file, `${before}${join(other.directory, 'objects')}\n`);
    this.objects.close();
  }

  /** The commit that a branch, tag, full ref or (full or short) sha stands for, or null. */
  async resolveCommit(revision: string): Promise<string | null> {
    for (const candidate of candidates(revision)) {
      const found = await this.objects.info(`${candidate}^{commit}`);
      if (found?.type === 'commit') return found.oid;
    }
    return null;
  }

  /** What a full ref points at (for an annotated tag: the tag object), or null. */
  async ref(name: string): Promise<{ oid: string; type: GitObject['type'] } | null> {
    return this.objects.info(name);
  }

  async commit(oid: string): Promise<CommitObject | null> {
    const object = await this.objects.read(oid);
    return object?.type === 'commit' ? parseCommit(object.oid, object.data) : null;
  }

  async tree(oid: string): Promise<TreeEntry[] | null> {
    const object = await this.objects.read(oid);
    return object?.type === 'tree' ? parseTree(object.data) : null;
  }

  async tagTarget(oid: string): Promise<string> {
    const object = await this.objects.read(oid);
    return object ? parseTagTarget(object.data) : '';
  }

  /** Full refs that start with `prefix`, with the object each points at. */
  async refs(prefix = ''): Promise<Map<string, string>> {
    const listed = await git(this.directory, ['for-each-ref', '--format=%(objectname) %(refname)']);
    const refs = new Map<string, string>();
    for (const line of listed.toString().split('\n')) {
      const [oid, name] = [line.slice(0, 40), line.slice(41)];
      if (name !== '' && name.startsWith(prefix)) refs.set(name, oid);
    }
    return refs;
  }

  async isAncestor(older: string, newer: string): Promise<boolean> {
    return (await tryGit(this.directory, ['merge-base', '--is-ancestor', older, newer])).status === 0;
  }

  async mergeBase(a: string, b: string): Promise<string | null> {
    const result = await tryGit(this.directory, ['merge-base', a, b]);
    return result.status === 0 ? result.stdout.toString().trim() : null;
  }

  /** Commits in `newer` that are not in `older`, oldest first. */
  async between(older: string, newer: string, max = 100_000): Promise<string[]> {
    const args = ['rev-list', '--topo-order', `--max-count=${max}`, newer, `^${older}`];
    const listed = (await git(this.directory, args)).toString().split('\n');
    return listed.filter((line) => line !== '').reverse();
  }

  /** Sets or (with null) deletes a ref. */
  async setRef(name: string, oid: string | null): Promise<void> {
    await git(this.directory, oid === null ? ['update-ref', '-d', name] : ['update-ref', name, oid]);
  }

  close(): void {
    this.objects.close();
  }
}

function candidates(revision: string): string[] {
  if (fullSha.test(revision)) return [revision];
  // Without this a revision expression (`main~1`, `@{…}`, `:/text`) would be taken for a name.
  if (/[\s~^:?*[\\]|@\{|\.\.|^-/.test(revision)) return [];
  const names = [`refs/heads/${revision}`, `refs/tags/${revision}`];
  if (revision.startsWith('refs/') || revision === 'HEAD') names.unshift(revision);
  else if (/^(heads|tags)\//.test(revision)) names.push(`refs/${revision}`);
  if (/^[0-9a-f]{4,39}$/.test(revision)) names.push(revision);
  return names;
}
