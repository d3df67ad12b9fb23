import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { SimulatorControl } from '@crosstie/github-simulator';
import pg from 'pg';

import { Api } from '../api.js';
import type { GitlabRunner } from '../demo/runner.js';
import { freePort } from '../free-port.js';
import { setupCodeIn, setUpServer, signIn } from '../people.js';
import { crosstie } from '../processes.js';
import { until } from '../until.js';
import { makeWorld, repository } from '../world.js';
import { DatabaseUnderTest } from './database-under-test.js';
import type { Mode } from './plan.js';
import { type ProcessOptions, ProcessUnderTest } from './process-under-test.js';
import { startRecordingProxy } from './recording-proxy.js';
import { fiveServers, oneServer, type Servers } from './servers.js';
import { TcpProxy } from './tcp-proxy.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../../..');

/** All that a storm breaks: stores, GitHub, servers and runners, each a process of its own. */
export class StormHouse {
  readonly runners: ProcessUnderTest[] = [];
  readonly records: string[] = [];
  private readonly cleanUps: (() => Promise<unknown>)[] = [];
  private readonly tokens = new Map<string, string>();
  private keep = false;

  private constructor(
    readonly directory: string,
    readonly database: DatabaseUnderTest,
    readonly databaseProxy: TcpProxy,
    readonly github: SimulatorControl,
    readonly githubProxy: TcpProxy,
    readonly servers: Servers,
  ) {}

  /** Starts everything, makes people and repository, and lets two runners ask, or a real one. What fails leaves no process behind. */
  static async build(mode: Mode, gitlabRunner: GitlabRunner | null = null): Promise<StormHouse> {
    const cleanUps: (() => Promise<unknown>)[] = [];
    try {
      const directory = await mkdtemp(join(tmpdir(), 'crosstie-storm-'));
      // The database's own user must be able to pass through.
      await chmod(directory, 0o711);
      const database = await DatabaseUnderTest.start(join(directory, 'postgres'));
      cleanUps.push(() => database.stop());
      const databaseProxy = await TcpProxy.start(() => database.port);
      cleanUps.push(() => databaseProxy.close());
      const githubUrl = await startGithub(directory, cleanUps);
      const githubProxy = await TcpProxy.start(() => Number(new URL(githubUrl).port));
      cleanUps.push(() => githubProxy.close());
      // A real runner says nothing for half a minute where its job prints nothing.
      const silenceLimit = gitlabRunner ? '45s' : '10s';
      const options = { directory, databaseUrl: database.url, databaseProxy, githubUrl, githubProxy, silenceLimit };
      const servers = await (mode === 'joined' ? oneServer(options) : fiveServers(options));
      cleanUps.push(() => servers.stop());
      const github = new SimulatorControl(githubUrl);
      const house = new StormHouse(directory, database, databaseProxy, github, githubProxy, servers);
      house.cleanUps.push(...cleanUps);
      cleanUps.splice(0, cleanUps.length, () => house.tearDown());
      await house.populate(gitlabRunner);
      return house;
    } catch (error) {
      for (const step of cleanUps.reverse()) await step().catch(() => undefined);
      throw error;
    }
  }

  get processes(): ProcessUnderTest[] {
    return [...this.servers.processes, ...this.runners];
  }

  /** The administrator. */
  get kim(): Api {
    return new Api(this.servers.url, this.tokens.get('kim') ?? '');
  }

  /** Pushes, and presses buttons. */
  get dana(): Api {
    return new Api(this.servers.url, this.tokens.get('dana') ?? '');
  }

  get secretsOfPeople(): string[] {
    return [...this.tokens.values()];
  }

  /** Rows as they stand, past the bad wire. */
  async rows<T extends pg.QueryResultRow>(sql: string, ...parameters: unknown[]): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.database.url });
    await client.connect();
    try {
      return (await client.query<T>(sql, parameters)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends every trouble and starts what is down. */
  async heal(): Promise<void> {
    for (const proxy of [this.githubProxy, this.databaseProxy, this.servers.natsProxy]) proxy?.set({ kind: 'pass' });
    await this.github.clearFaults();
    await this.github.lag(repository, { ms: 0 });
    for (const process of this.processes) process.start();
    await Promise.all(this.processes.map((process) => process.ready()));
    await this.github.settled();
  }

  /** The directory with all logs is left behind, for people. */
  keepDirectory(): void {
    this.keep = true;
  }

  async tearDown(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.kill()));
    for (const step of this.cleanUps.splice(0).reverse()) await step().catch(() => undefined);
    if (!this.keep) await rm(this.directory, { recursive: true, force: true });
  }

  private async populate(gitlabRunner: GitlabRunner | null): Promise<void> {
    const at = { url: this.servers.url, github: this.github.url };
    await makeWorld(this.github);
    for (const server of this.servers.processes) server.start();
    await Promise.all(this.servers.processes.map((server) => server.ready()));
    const log = (): string => this.servers.processes.map((server) => server.output()).join('');
    const code = await until(() => setupCodeIn(log()), 'the set-up code in the log');
    await setUpServer(at, code, 'kim', 'acme');
    await this.makeToken('kim');
    const app = (await this.github.secrets()).find(({ kind }) => kind === 'private_key')?.owner ?? '';
    await this.github.install({ app, account: 'acme', sender: 'kim' });
    const path = `/api/v4/projects/${encodeURIComponent(repository)}`;
    await until(async () => (await this.kim.get(path)).status === 200, 'the project');
    await signIn(at, 'dana');
    await this.makeToken('dana');
    if (gitlabRunner) await this.addGitlabRunner(gitlabRunner);
    else for (const name of ['runner-1', 'runner-2']) await this.addRunner(name);
  }

  private async makeToken(username: string): Promise<void> {
    const parameters = [crosstie, 'admin', 'token', 'create', '--user', username, '--json'];
    const env = { ...process.env, NODE_OPTIONS: '', CROSSTIE_DATABASE_URL: this.database.url };
    const { stdout } = await run(process.execPath, parameters, { env });
    this.tokens.set(username, (JSON.parse(stdout) as { token: string }).token);
  }

  private async addRunner(name: string): Promise<void> {
    const { token } = await this.registerRunner(name);
    const builds = join(this.directory, `${name}-builds`);
    const record = join(this.directory, `${name}.jsonl`);
    await mkdir(builds);
    this.keepRunner(record, {
      name,
      script: join(root, 'tools/testkit/dist/storm/runner-process.js'),
      parameters: ['--url', this.servers.url, '--builds-dir', builds, '--record', record],
      env: { POCKET_RUNNER_TOKEN: token },
      logFile: join(this.directory, name),
      readyLine: 'asking for jobs',
    });
  }

  /** It writes no record, so somebody between it and the server does. */
  private async addGitlabRunner(runner: GitlabRunner): Promise<void> {
    const name = 'runner-1';
    const { id, token } = await this.registerRunner(name);
    const record = join(this.directory, `${name}.jsonl`);
    const proxy = await startRecordingProxy(this.servers.url, (entry) =>
      appendFileSync(record, `${JSON.stringify(entry)}\n`),
    );
    this.cleanUps.push(() => proxy.close());
    const directory = join(this.directory, name);
    await mkdir(directory);
    const { program, parameters } = await runner.command(proxy.url, token, id, directory);
    this.keepRunner(record, { name, script: null, program, parameters, env: {}, logFile: join(directory, 'log') });
  }

  private async registerRunner(name: string): Promise<{ id: number; token: string }> {
    const { status, body } = await this.kim.post('/api/v4/user/runners', { runner_type: 'instance_type' });
    if (status !== 201) throw new Error(`POST /api/v4/user/runners: ${status} ${JSON.stringify(body)}`);
    const made = body as { id: number; token: string };
    this.tokens.set(name, made.token);
    return made;
  }

  private keepRunner(record: string, options: ProcessOptions): void {
    const runner = new ProcessUnderTest(options);
    this.records.push(record);
    this.runners.push(runner);
    runner.start();
  }
}

async function startGithub(directory: string, cleanUps: (() => Promise<unknown>)[]): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const data = join(directory, 'github');
  await mkdir(data);
  const github = new ProcessUnderTest({
    name: 'github',
    script: join(root, 'tools/github-simulator/bin/github-simulator.js'),
    parameters: ['--port', String(port), '--data', data],
    env: {},
    logFile: join(directory, 'github'),
    readyUrl: `${url}/_control/clock`,
  });
  github.start();
  cleanUps.push(() => github.stop());
  await github.ready();
  return url;
}
