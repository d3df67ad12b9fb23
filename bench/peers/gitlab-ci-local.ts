import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const program = createRequire(import.meta.url).resolve('gitlab-ci-local');

/** gitlab-ci-local's list of the jobs of a configuration, made in a checkout of its own. */
export class GitlabCiLocal {
  private readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async open(directory: string): Promise<GitlabCiLocal> {
    await mkdir(directory, { recursive: true });
    const git = (...parameters: string[]) => run('git', ['-C', directory, ...parameters]);
    await git('init', '-q', '-b', 'main');
    await git('config', 'user.email', 'bench@example.test');
    await git('config', 'user.name', 'Bench');
    await git('remote', 'add', 'origin', 'https://github.test/acme/widget.git');
    await git('commit', '-q', '--allow-empty', '-m', 'Begin');
    return new GitlabCiLocal(directory);
  }

  /** @returns milliseconds from its start to its end */
  async list(files: Readonly<Record<string, string>>): Promise<number> {
    for (const [name, text] of Object.entries(files)) await writeFile(join(this.directory, name), text);
    // It includes only what git knows of.
    await run('git', ['-C', this.directory, 'add', '--all']);
    const begun = performance.now();
    await run(process.execPath, [program, '--list-json'], {
      cwd: this.directory,
      maxBuffer: 256 * 1024 * 1024,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    return performance.now() - begun;
  }
}
