import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

import { type Binaries, findBinaries } from './binaries.js';
import { findLauncher, type Launcher } from './unprivileged.js';

export interface EmbeddedDatabaseOptions {
  /** Everything of this server lies below: its cluster, its port and its password. */
  directory: string;
  /** Only tests switch it off. */
  fsync?: boolean;
  /** Further settings, as `name=value`. */
  settings?: string[];
  /** Receives PostgreSQL's own log lines. */
  onLog?: (line: string) => void;
}

export interface EmbeddedDatabase {
  url: string;
  pid: number;
  /** Resolves when the server is gone, whoever ended it. */
  ended: Promise<void>;
  /** Ends sessions and writes everything out; resolves when the server is gone. */
  stop(): Promise<void>;
}

/** What the next start, and `crosstie admin`, need to know of a server. */
interface Manifest {
  port: number;
  password: string;
  ownerPid: number;
}

const role = 'crosstie';

/**
 * Starts the real PostgreSQL on loopback for one data directory, creating its cluster at the first
 * start. A server that outlived its killed parent is stopped first; a directory that another living
 * process uses is refused.
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const directory = resolve(options.directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const binaries = await findBinaries();
  const cluster = join(directory, 'cluster');
  const known = await readManifest(directory);
  if (known && known.ownerPid !== process.pid && lives(known.ownerPid) && (await postmasterPid(cluster)) !== null) {
    throw new Error(`Process ${known.ownerPid} already uses the database in ${directory}`);
  }
  await endOrphan(cluster);

  const launcher = await findLauncher(binaries.postgres, directory);
  const password = known?.password ?? randomBytes(24).toString('base64url');
  if (!(await exists(join(cluster, 'PG_VERSION')))) await initialise(binaries, launcher, directory, password);

  const port = await freePort(known?.port);
  const manifest: Manifest = { port, password, ownerPid: process.pid };
  await writeFile(manifestPath(directory), JSON.stringify(manifest), { mode: 0o600 });
  const server = await launch(binaries, launcher, directory, port, options);
  const ended = new Promise<void>((done) => server.once('exit', () => done()));
  return { url: urlOf(manifest), pid: server.pid ?? 0, ended, stop: () => stop(server) };
}

/** The URL of the server in a data directory, running or not; null when there never was one. */
export async function embeddedDatabaseUrl(directory: string): Promise<string | null> {
  const manifest = await readManifest(resolve(directory));
  return manifest && urlOf(manifest);
}

function urlOf({ port, password }: Manifest): string {
  return `postgres://${role}:${password}@127.0.0.1:${port}/postgres`;
}

async function initialise(binaries: Binaries, launcher: Launcher, directory: string, password: string): Promise<void> {
  const passwordFile = join(directory, '.initial-password');
  const cluster = join(directory, 'cluster');
  await rm(cluster, { recursive: true, force: true });
  await writeFile(passwordFile, password, { mode: 0o644 });
  try {
    const child = start(launcher, directory, binaries.initdb, [
      `--pgdata=${cluster}`,
      `--username=${role}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-instructions',
    ]);
    const output: string[] = [];
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('exit', done));
    if (code !== 0) throw new Error(`initdb ended with status ${code}: ${output.join('').trim()}`);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function launch(
  binaries: Binaries,
  launcher: Launcher,
  directory: string,
  port: number,
  options: EmbeddedDatabaseOptions,
): Promise<ChildProcess> {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `port=${port}`,
    'max_connections=200',
    'shared_buffers=128MB',
    `fsync=${options.fsync === false ? 'off' : 'on'}`,
    'lc_messages=C',
    ...(options.settings ?? []),
  ];
  const child = start(launcher, directory, binaries.postgres, [
    '-D',
    join(directory, 'cluster'),
    ...settings.flatMap((setting) => ['-c', setting]),
  ]);
  await new Promise<void>((done, fail) => {
    const lines: string[] = [];
    let rest = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        lines.push(line);
        if (lines.length > 20) lines.shift();
        options.onLog?.(line);
        if (line.includes('database system is ready to accept connections')) done();
      }
    });
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`PostgreSQL ended with status ${code}: ${lines.join('\n')}`)));
  });
  return child;
}

/** In a process group of its own, so that a Ctrl-C in the terminal reaches us alone and we stop it in order. */
function start(launcher: Launcher, directory: string, program: string, parameters: string[]): ChildProcess {
  const [command = program, ...rest] = [...launcher.prefix, program, ...parameters];
  const { uid, gid } = launcher;
  return spawn(command, rest, {
    uid,
    gid,
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C.UTF-8' },
  });
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise<void>((done) => server.once('exit', () => done()));
  server.kill('SIGINT');
  await gone;
}

/** A server that outlived its parent holds the cluster: a fast shutdown, as for our own. */
async function endOrphan(cluster: string): Promise<void> {
  const pid = await postmasterPid(cluster);
  if (pid === null) return;
  signal(pid);
  for (let waited = 0; lives(pid) && waited < 30_000; waited += 50) {
    await new Promise((done) => setTimeout(done, 50));
  }
  if (lives(pid)) throw new Error(`The PostgreSQL server ${pid} that was left over does not stop`);
}

/** A fast shutdown; the server may have ended by itself since it was seen. */
function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The postmaster of this cluster, when its pid file names a living PostgreSQL. */
async function postmasterPid(cluster: string): Promise<number | null> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !lives(pid)) return null;
  // Pids are reused after a restart of the machine: only a postgres may be signalled.
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'postgres');
  return name.includes('postgres') ? pid : null;
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function freePort(preferred?: number): Promise<number> {
  const taken = preferred === undefined ? null : await listenOnce(preferred);
  return taken ?? (await listenOnce(0)) ?? Promise.reject(new Error('No free port on 127.0.0.1'));
}

function listenOnce(port: number): Promise<number | null> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(null));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address ? address.port : null));
    });
  });
}

const manifestPath = (directory: string): string => join(directory, 'postgres.json');

async function readManifest(directory: string): Promise<Manifest | null> {
  const text = await readFile(manifestPath(directory), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as Manifest);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
