import type { GithubClient } from '@crosstie/github';

export type CiFile =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'not_text' }
  /** GitHub does not show the commit, or not yet: shortly after a push that is its replication. */
  | { readonly kind: 'commit_not_visible' };

/**
 * The CI file at exactly this commit. GitHub's 404 may mean the path or the commit, so the commit is
 * asked for, and the file once more, since both may have appeared in between.
 */
export async function readCiFile(
  github: Pick<GithubClient, 'readFile' | 'commitExists'>,
  where: { fullName: string; configPath: string; sha: string },
): Promise<CiFile> {
  const { fullName, configPath, sha } = where;
  const first = await github.readFile(fullName, configPath, sha);
  if (first) return toText(first);
  if (!(await github.commitExists(fullName, sha))) return { kind: 'commit_not_visible' };
  const second = await github.readFile(fullName, configPath, sha);
  return second ? toText(second) : { kind: 'absent' };
}

function toText(bytes: Buffer): CiFile {
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'not_text' };
  }
}
