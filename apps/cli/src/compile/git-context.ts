import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CompileContext } from '@crosstie/ci-config';

const run = promisify(execFile);

/**
 * What git tells about a checkout, as the context of a push of it: branch, commit, message, and the files
 * that differ from the default branch. What cannot be told is left out.
 */
export async function gitContext(directory: string): Promise<CompileContext> {
  const branch = await git(directory, 'symbolic-ref', '--quiet', '--short', 'HEAD');
  const sha = await git(directory, 'rev-parse', 'HEAD');
  if (sha === null) return branch === null ? {} : { ref: branch };
  const defaultBranch = (
    await git(directory, 'symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD')
  )?.replace(/^origin\//, '');
  const context: CompileContext = { sha };
  if (branch !== null) context.ref = branch;
  if (defaultBranch !== undefined) context.default_branch = defaultBranch;
  const message = await git(directory, 'log', '-1', '--format=%B');
  if (message !== null) context.commit_message = message;
  const changed = await changedPaths(directory, branch, defaultBranch ?? 'main');
  return changed === null ? context : { ...context, changed_paths: changed };
}

/** The default branch itself has nothing to be compared with here, so its changes are not known. */
async function changedPaths(directory: string, branch: string | null, defaultBranch: string): Promise<string[] | null> {
  if (branch === null || branch === defaultBranch) return null;
  for (const base of [`origin/${defaultBranch}`, defaultBranch]) {
    const fork = await git(directory, 'merge-base', base, 'HEAD');
    if (fork === null) continue;
    const names = await git(directory, 'diff', '--name-only', '-z', '--no-ext-diff', '--no-textconv', fork);
    return names === null ? null : names.split('\0').filter((name) => name !== '');
  }
  return null;
}

/** What git prints, or null when it has no answer. */
async function git(directory: string, ...parameters: string[]): Promise<string | null> {
  try {
    // A file monitor named in the checkout's own configuration would be a program of a stranger.
    const { stdout } = await run('git', ['-C', directory, '-c', 'core.fsmonitor=false', ...parameters], {
      maxBuffer: 64 * 1024 * 1024,
      timeout: 30_000,
    });
    return stdout.replace(/\n$/, '');
  } catch {
    return null;
  }
}
