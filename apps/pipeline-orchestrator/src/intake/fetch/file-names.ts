import type { GithubClient, TreeEntry } from '@crosstie/github';

import { NamesFault, quoted } from './fetched.js';

/** Between which commits a push or pull request is looked at. */
export interface Changes {
  readonly base: string;
  /** `tips`: what differs between the two. `parting`: what came since the two parted. */
  readonly since: 'tips' | 'parting';
}

type Reader = Pick<GithubClient, 'tree' | 'comparisonOf'>;

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
 * GitHub compares with the commit where the two parted and names at most 300 files: a forced push and a
 * big change are found by holding one tree against the other.
 */
export async function changedFiles(
  github: Reader,
  repo: string,
  { base, since }: Changes,
  head: string,
): Promise<readonly string[] | null> {
  const compared = await github.comparisonOf(repo, base, head);
  const isStraight = compared?.status === 'ahead' || compared?.status === 'identical';
  if (compared?.complete && (since === 'parting' || isStraight)) return compared.paths;
  const from = since === 'parting' ? compared?.mergeBase : base;
  return from ? differing(github, repo, from, head) : null;
}

async function differing(github: Reader, repo: string, base: string, head: string): Promise<readonly string[] | null> {
  try {
    const [before, after] = await Promise.all([listTree(github, repo, base), listTree(github, repo, head)]);
    if (!before || !after) return null;
    const left = new Map(before.map((entry) => [entry.path, entry]));
    const changed = after.filter(({ path, sha, mode }) => {
      const old = left.get(path);
      left.delete(path);
      return old?.sha !== sha || old.mode !== mode;
    });
    return [...changed.map(({ path }) => path), ...left.keys()];
  } catch (error) {
    if (error instanceof NamesFault) return null;
    throw error;
  }
}

function isNoFolder({ type }: TreeEntry): boolean {
  return type !== 'tree';
}

function below(folder: string, entry: TreeEntry): TreeEntry {
  return folder === '' ? entry : { ...entry, path: `${folder}${entry.path}` };
}
