import { spawn } from 'node:child_process';

/** An environment in which git sees no configuration of the machine or of its user. */
export function gitEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: '/nonexistent',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
}

export interface GitResult {
  status: number;
  stdout: Buffer;
  stderr: string;
}

/** Runs git and waits for its end; does not throw on a non-zero status. */
export function tryGit(directory: string, args: string[], input?: Buffer | string): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: directory, env: gitEnvironment() });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {
      // git may end before it has read everything; its status tells.
    });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ status: code ?? 1, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() });
    });
    child.stdin.end(input);
  });
}

/** Runs git and gives its output; throws with git's own words when it fails. */
export async function git(directory: string, args: string[], input?: Buffer | string): Promise<Buffer> {
  const result = await tryGit(directory, args, input);
  if (result.status !== 0) throw new Error(`git ${args[0]}: ${result.stderr.trim() || `status ${result.status}`}`);
  return result.stdout;
}
