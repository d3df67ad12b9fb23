import { spawn } from 'node:child_process';
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

const quietMs = 200;

/** The project of a changed source, as `libs/domain`; null for what no service is made of. */
export function projectOf(path: string): string | null {
  const match = /^((?:apps|libs)\/[^/]+)\/src\/.+\.ts$/.exec(path.replaceAll('\\', '/'));
  const project = match?.[1] ?? null;
  return project === null || path.endsWith('.spec.ts') || project === 'apps/console' ? null : project;
}

/**
 * Builds each project whose sources changed, once they have been quiet for a moment, and then says which ones; a
 * build that fails says so and changes nothing. Never two builds at once.
 *
 * @returns what ends it, after the build under way
 */
export function watchSources(
  root: string,
  onBuilt: (projects: readonly string[]) => Promise<void>,
): () => Promise<void> {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  const flush = async (): Promise<void> => {
    const projects = [...changed];
    changed.clear();
    if (projects.length > 0 && (await build(root, projects))) await onBuilt(projects);
  };
  const watchers = ['apps', 'libs'].map((kind): FSWatcher =>
    watch(join(root, kind), { recursive: true }, (_, name) => {
      const project = name === null ? null : projectOf(`${kind}/${name}`);
      if (project === null) return;
      changed.add(project);
      clearTimeout(timer);
      timer = setTimeout(() => void (work = work.then(flush)), quietMs);
    }),
  );
  return async () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
    await work;
  };
}

function build(root: string, projects: readonly string[]): Promise<boolean> {
  const names = projects.map((project) => `@crosstie/${project.split('/')[1]}`).join(',');
  process.stderr.write(`Building ${names}\n`);
  const parameters = ['run-many', '-t', 'build', '-p', names, '--output-style=static'];
  const child = spawn('nx', parameters, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((done) => {
    child.once('error', () => done(false));
    child.once('exit', (code) => {
      if (code !== 0) process.stderr.write('The build failed; what runs goes on as it is\n');
      done(code === 0);
    });
  });
}
