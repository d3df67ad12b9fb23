import type { GithubClient, TreeEntry } from '@crosstie/github';

import { NamesFault, quoted } from './fetched.js';

/** Between which commits a push or pull request is looked at. */
export interface Changes {
  readonly base: string;
  /** `tips`: what differs between the two. `parting`: what came since the two parted. */
  readonly since: 'tips' | 'parting';
}

type Reader = Pick<GithubClient, 'tree' | 'mergeBase'>;

/** So many calls list the tree of a repository that GitHub does not list in one. */
const treeCallsMax = 64;

/** Everything in a commit's tree that is no folder, in git's order; null when the commit is not there. Throws NamesFault. */
export async function listTree(github: Reader, repo: string, sha: string): Promise<readonly TreeEntry[] | null> {
  let calls = 0;
  const list = async (at: string, folder: string): Promise<readonly TreeEntry[] | null> => {
    calls += 1;
    if (calls > treeCallsMax) throw new NamesFault(`${quoted(repo)} has too many files: they cannot be listed.`);
    const deep = await github.tree(repo, at, true);
    if (!deep) return null;
    if (deep.complete) return deep.entries.filter(isNoFolder).map((entry) => below(folder, entry));
    const shallow = await github.tree(repo, at, false);
    const names: TreeEntry[] = [];
    for (const entry of shallow?.entries ?? []) {
      if (isNoFolder(entry)) names.push(below(folder, entry));
      else names.push(...((await list(entry.sha, `${folder}${entry.path}/`)) ?? []));
    }
    return names;
  };
  return list(sha, '');
}

/** The files of a commit; what a submodule holds is none of them. Throws NamesFault. */
export async function filesOf(github: Reader, repo: string, sha: string): Promise<readonly string[] | null> {
  const entries = await listTree(github, repo, sha);
  return entries && entries.filter(({ type }) => type === 'blob').map(({ path }) => path);
}

/**
 * The names of what changed up to `head`; null when it cannot be known, so that every `changes` matches.
 * One tree is held against the other: GitHub's own comparison would send the text of what changed along,
 * names 300 files at most, and begins where the two parted, which a forced push does not.
 */
export async function changedFiles(
  github: Reader,
  repo: string,
  { base, since }: Changes,
  head: string,
): Promise<readonly string[] | null> {
  const from = since === 'parting' ? await github.mergeBase(repo, base, head) : base;
  if (from === null) return null;
  const [before, after] = await Promise.all([github.tree(repo, from, true), github.tree(repo, head, true)]);
  if (!before || !after) return null;
  if (before.complete && after.complete) return differing(before.entries, after.entries).flatMap(namesOf);
  return new Descent(github, repo).between(from, head, '');
}

/** Goes down where two trees differ that are too large to be listed whole. */
class Descent {
  private calls = 0;

  constructor(
    private readonly github: Reader,
    private readonly repo: string,
  ) {}

  /** Either may be null, for nothing. The answer is null after too many calls. */
  async between(base: string | null, head: string | null, folder: string): Promise<readonly string[] | null> {
    const [before, after] = await Promise.all([this.entries(base), this.entries(head)]);
    if (!before || !after) return null;
    const names: string[] = [];
    for (const { left, right } of differing(before, after)) {
      const path = `${folder}${(left ?? right)?.path ?? ''}`;
      if ([left, right].some((entry) => entry && isNoFolder(entry))) names.push(path);
      const [old, now] = [left, right].map((entry) => (entry && !isNoFolder(entry) ? entry.sha : null));
      const below = old || now ? await this.between(old ?? null, now ?? null, `${path}/`) : [];
      if (!below) return null;
      names.push(...below);
    }
    return names;
  }

  private async entries(sha: string | null): Promise<readonly TreeEntry[] | null> {
    if (sha === null) return [];
    this.calls += 1;
    if (this.calls > treeCallsMax) return null;
    return (await this.github.tree(this.repo, sha, false))?.entries ?? null;
  }
}

interface Difference {
  readonly left?: TreeEntry;
  readonly right?: TreeEntry;
}

function differing(before: readonly TreeEntry[], after: readonly TreeEntry[]): Difference[] {
  const gone = new Map(before.map((entry) => [entry.path, entry]));
  const changed = after.flatMap((right): Difference[] => {
    const left = gone.get(right.path);
    gone.delete(right.path);
    return left?.sha === right.sha && left.mode === right.mode ? [] : [{ left, right }];
  });
  return [...changed, ...[...gone.values()].map((left) => ({ left }))];
}

/** A folder is no file, though it differs when one in it does. */
function namesOf({ left, right }: Difference): string[] {
  const file = [left, right].find((entry) => entry && isNoFolder(entry));
  return file ? [file.path] : [];
}

function isNoFolder({ type }: TreeEntry): boolean {
  return type !== 'tree';
}

function below(folder: string, entry: TreeEntry): TreeEntry {
  return folder === '' ? entry : { ...entry, path: `${folder}${entry.path}` };
}
