import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A person's clone, pushed from with real git. */
export class Clone {
  private constructor(readonly directory: string) {}

  /** `url` carries the person's credentials of the simulated GitHub, so that a push by hand works too. */
  static async of(url: string, directory: string, person: { login: string; email: string }): Promise<Clone> {
    await git('.', ['clone', '--quiet', url, directory]);
    const clone = new Clone(directory);
    await git(directory, ['config', 'user.name', person.login]);
    await git(directory, ['config', 'user.email', person.email]);
    return clone;
  }

  /** Commits a file and pushes the current branch. @returns the commit's sha */
  async push(path: string, text: string, message: string): Promise<string> {
    await writeFile(join(this.directory, path), text);
    await git(this.directory, ['add', '--', path]);
    await git(this.directory, ['commit', '--quiet', '--message', message]);
    await git(this.directory, ['pull', '--quiet', '--rebase']);
    await git(this.directory, ['push', '--quiet', 'origin', 'HEAD']);
    return (await git(this.directory, ['rev-parse', 'HEAD'])).trim();
  }
}

async function git(directory: string, parameters: string[]): Promise<string> {
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const { stdout } = await run('git', parameters, { cwd: directory, env });
  return stdout;
}
