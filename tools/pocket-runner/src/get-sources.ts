import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobPayload } from './job-payload.js';
import type { ProcessEnd } from './run-process.js';

/** Runs git in the working copy with these additions to its environment. */
export type RunGit = (args: string[], env: Record<string, string>) => Promise<ProcessEnd>;

const NO_PROMPTS = { GIT_TERMINAL_PROMPT: '0', GCM_INTERACTIVE: 'Never', GIT_LFS_SKIP_SMUDGE: '1' };

/**
 * Brings the commit of the job into `dir`, detached.
 *
 * The credentials in `repo_url` reach git through a credential helper that reads them from the
 * environment: they are in no file, in no `.git/config`, and on no command line (a rewritten URL
 * would show up in the arguments of git's remote helper).
 *
 * @returns the end of the first git command that failed, or of the last one
 */
export async function getSources(job: JobPayload, dir: string, strategy: string, git: RunGit): Promise<ProcessEnd> {
  const done: ProcessEnd = { code: 0, stopped: false };
  if (strategy === 'empty') await rm(dir, { recursive: true, force: true });
  if (strategy === 'none' || strategy === 'empty') {
    await mkdir(dir, { recursive: true });
    return done;
  }
  if (strategy === 'clone') await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });

  const { url, env } = splitCredentials(job.git_info.repo_url);
  const isNew = !(await exists(join(dir, '.git')));
  const plan: string[][] = [
    ...(isNew ? [['-c', 'init.defaultBranch=none', 'init', '--quiet', '.']] : []),
    isNew ? ['remote', 'add', 'origin', url] : ['remote', 'set-url', 'origin', url],
    await fetchArguments(job, dir),
    ['-c', 'advice.detachedHead=false', 'checkout', '--force', '--quiet', '--detach', job.git_info.sha],
    ['clean', '-ffdx', '--quiet'],
  ];
  await rm(join(dir, '.git', 'index.lock'), { force: true });
  await rm(join(dir, '.git', 'shallow.lock'), { force: true });
  for (const args of plan) {
    const end = await git(args, { ...NO_PROMPTS, ...env });
    if (end.code !== 0 || end.stopped) return end;
  }
  return done;
}

async function fetchArguments(job: JobPayload, dir: string): Promise<string[]> {
  const refspecs = (job.git_info.refspecs ?? []).filter((refspec) => !refspec.startsWith('-'));
  const depth = job.git_info.depth ?? 0;
  const shallow = await exists(join(dir, '.git', 'shallow'));
  const depthArguments = depth > 0 ? ['--depth', String(depth)] : shallow ? ['--unshallow'] : [];
  return ['fetch', 'origin', '--no-recurse-submodules', ...refspecs, ...depthArguments, '--prune', '--quiet'];
}

/** The URL as it may be stored and shown, and the environment that lets git answer for it. */
export function splitCredentials(repoUrl: string): { url: string; env: Record<string, string> } {
  const url = new URL(repoUrl);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (!username && !password) return { url: url.href, env: {} };
  const helper =
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$POCKET_USER" "$POCKET_SECRET"; }; f';
  return {
    url: url.href,
    env: {
      POCKET_USER: decodeURIComponent(username),
      POCKET_SECRET: decodeURIComponent(password),
      GIT_CONFIG_COUNT: '2',
      // Rules that the job's variables bring are left out here on purpose: a rewritten URL would carry a token.
      // The empty value forgets helpers of the host, which would store the token.
      GIT_CONFIG_KEY_0: 'credential.helper',
      GIT_CONFIG_VALUE_0: '',
      GIT_CONFIG_KEY_1: `credential.${url.origin}.helper`,
      GIT_CONFIG_VALUE_1: helper,
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
