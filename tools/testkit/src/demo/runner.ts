import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { type Running, start } from '../processes.js';

const run = promisify(execFile);

export interface RunnerProgram {
  /** For people: which of the two, and its version. */
  label: string;
  /** Null for the pocket runner. */
  program: string | null;
  start(url: string, token: string, id: number, directory: string): Promise<Running>;
}

/** A real gitlab-runner where there is one, else the pocket runner. */
export async function findRunner(root: string): Promise<RunnerProgram> {
  const real = await findGitlabRunner();
  return real ?? pocketRunner(root);
}

function pocketRunner(root: string): RunnerProgram {
  const program = join(root, 'tools/pocket-runner/bin/pocket-runner.js');
  return {
    program: null,
    label: 'the pocket runner that comes with Crosstie (no gitlab-runner on PATH or in CROSSTIE_GITLAB_RUNNER)',
    async start(url, token, _id, directory) {
      const builds = join(directory, 'builds');
      const parameters = [program, '--url', url, '--token', token, '--builds-dir', builds];
      return start(process.execPath, parameters, {}, join(directory, 'runner.log'));
    },
  };
}

/** A real gitlab-runner, which others may start in their own way. */
export interface GitlabRunner extends RunnerProgram {
  /** Writes its configuration. */
  command(
    url: string,
    token: string,
    id: number,
    directory: string,
  ): Promise<{ program: string; parameters: string[] }>;
}

export async function findGitlabRunner(): Promise<GitlabRunner | null> {
  const program = process.env['CROSSTIE_GITLAB_RUNNER'] ?? (await onPath('gitlab-runner'));
  if (!program) return null;
  const { stdout } = await run(program, ['--version']);
  const command: GitlabRunner['command'] = async (url, token, id, directory) => {
    const [builds, cache] = [join(directory, 'builds'), join(directory, 'cache')];
    for (const path of [builds, cache]) await mkdir(path, { recursive: true });
    const file = join(directory, 'config.toml');
    await writeFile(file, configuration({ url, token, id, builds, cache }), { mode: 0o600 });
    return { program, parameters: ['run', '--config', file, '--working-directory', directory] };
  };
  const version = /Version:\s*(\S+)/.exec(stdout)?.[1] ?? 'of unknown version';
  return {
    label: `gitlab-runner ${version} (${program})`,
    program,
    command,
    async start(...about) {
      const { parameters } = await command(...about);
      return start(program, parameters, {}, join(about[3], 'runner.log'));
    },
  };
}

function configuration(runner: { url: string; token: string; id: number; builds: string; cache: string }): string {
  const text = (value: string): string => JSON.stringify(value);
  return `concurrent = 2
check_interval = 1

[[runners]]
  name = "demo"
  url = ${text(runner.url)}
  id = ${runner.id}
  token = ${text(runner.token)}
  executor = "shell"
  shell = "bash"
  builds_dir = ${text(runner.builds)}
  cache_dir = ${text(runner.cache)}
  request_concurrency = 2
`;
}

async function onPath(name: string): Promise<string | null> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = resolve(directory, name);
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return null;
}
