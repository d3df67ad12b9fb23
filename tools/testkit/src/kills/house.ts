import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { embeddedDatabaseUrl } from '@crosstie/embedded-database';
import { type GitHubSimulator, type SimulatorControl, startGitHubSimulator } from '@crosstie/github-simulator';
import { type PocketRunner, startPocketRunner } from '@crosstie/pocket-runner';
import pg from 'pg';

import { Api } from '../api.js';
import { freshDatabase } from '../fresh-database.js';
import { setupCodeIn, setUpServer, signIn } from '../people.js';
import { crosstie } from '../processes.js';
import { until } from '../until.js';
import { Visitor } from '../visitor.js';
import { makeWorld, repository } from '../world.js';
import { Journal } from './journal.js';
import { Serve } from './serve.js';

const run = promisify(execFile);

/** One push, by its commit. */
export interface Push {
  sha: string;
}

export interface HouseOptions {
  /** Default: a copy of the template on the server of this test run. Null: the server brings its own. */
  databaseUrl?: string | null;
}

export interface PushOptions {
  /** What becomes of it: jobs that the runner takes, a job for a runner that the test drives, or no pipeline. */
  runs?: 'itself' | 'by hand' | 'nothing';
  pusher?: string;
}

/** Each push runs to its end, also when the next one comes at once. */
const flow = 'workflow: { auto_cancel: { on_new_commit: none } }\n';

const ciFiles = {
  itself: `${flow}stages: [build, test]
build: { stage: build, script: [echo built] }
unit: { stage: test, script: [echo tested] }
`,
  'by hand': `${flow}by-hand: { tags: [by-hand], script: [echo never run] }
`,
  nothing: null,
};

/** `crosstie serve` as a process of its own, with the simulated GitHub and a runner in this one. */
export class House {
  readonly journal = new Journal();
  private readonly cleanUps: (() => Promise<unknown>)[] = [];
  private runner: PocketRunner | null = null;
  private pushes = 0;
  private administrator: Api | null = null;

  private constructor(
    readonly directory: string,
    private readonly givenUrl: string | null,
    private readonly simulator: GitHubSimulator,
    readonly server: Serve,
  ) {}

  /** Starts the stores and makes the people. What fails leaves nothing behind. */
  static async build(options: HouseOptions = {}): Promise<House> {
    const cleanUps: (() => Promise<unknown>)[] = [];
    try {
      const directory = await mkdtemp(join(tmpdir(), 'crosstie-kills-'));
      cleanUps.push(() => rm(directory, { recursive: true, force: true }));
      const made = options.databaseUrl === undefined ? await freshDatabase() : null;
      if (made) cleanUps.push(() => made.drop());
      const databaseUrl = options.databaseUrl === undefined ? (made?.url ?? '') : options.databaseUrl;
      const simulator = await startGitHubSimulator();
      cleanUps.push(() => simulator.close());
      const server = await Serve.at({ directory, github: simulator.url, databaseUrl });
      cleanUps.push(() => server.stop());
      const house = new House(directory, databaseUrl, simulator, server);
      house.cleanUps.push(...cleanUps);
      await house.populate();
      return house;
    } catch (error) {
      await tearDown(cleanUps);
      throw error;
    }
  }

  /** Once the server runs. */
  async databaseUrl(): Promise<string> {
    return this.givenUrl ?? (await embeddedDatabaseUrl(join(this.directory, 'data/postgres'))) ?? '';
  }

  get github(): SimulatorControl {
    return this.simulator.control;
  }

  /** As the administrator. */
  get api(): Api {
    if (!this.administrator) throw new Error('nobody is set up yet');
    return this.administrator;
  }

  /** As a person, with a token made by `crosstie admin`. */
  async apiOf(username: string): Promise<Api> {
    const parameters = [crosstie, 'admin', 'token', 'create', '--user', username, '--json'];
    const env = { ...process.env, NODE_OPTIONS: '', CROSSTIE_DATABASE_URL: await this.databaseUrl() };
    const { stdout } = await run(process.execPath, parameters, { env });
    return new Api(this.server.url, (JSON.parse(stdout) as { token: string }).token);
  }

  /** Somebody pushes. */
  async push({ runs = 'itself', pusher = 'dana' }: PushOptions = {}): Promise<Push> {
    this.pushes += 1;
    const files = { 'gitlab/.gitlab-ci.yml': ciFiles[runs], 'push.txt': `${this.pushes}\n` };
    return { sha: (await this.github.push(repository, { pusher, files })).after };
  }

  /** Comes back through GitHub, without the terms that were accepted before. */
  async signInAgain(login: string): Promise<void> {
    const visitor = new Visitor();
    await visitor.post(`${this.simulator.url}/login`, { login, return_to: '/' });
    const page = await visitor.open(`${this.server.url}/auth/github?purpose=login`);
    if (page.text.includes('/login/oauth/authorize')) await visitor.submit(page, '/login/oauth/authorize');
  }

  /** A runner's token, made through the API. */
  async runnerToken(tags: string[] = []): Promise<string> {
    const fields = { runner_type: 'instance_type', tag_list: tags, run_untagged: tags.length === 0 };
    const { status, body } = await this.api.post('/api/v4/user/runners', fields);
    if (status !== 201) throw new Error(`POST /api/v4/user/runners: ${status} ${JSON.stringify(body)}`);
    return (body as { token: string }).token;
  }

  /** Rows as they stand; nothing is written here. */
  async rows<T extends pg.QueryResultRow>(sql: string, ...parameters: unknown[]): Promise<T[]> {
    const client = new pg.Client({ connectionString: await this.databaseUrl() });
    await client.connect();
    try {
      return (await client.query<T>(sql, parameters)).rows;
    } finally {
      await client.end();
    }
  }

  async tearDown(): Promise<void> {
    await this.runner?.kill();
    await tearDown(this.cleanUps);
  }

  private async populate(): Promise<void> {
    const at = { url: this.server.url, github: this.simulator.url };
    await makeWorld(this.github);
    await this.server.start();
    const code = await until(() => setupCodeIn(this.server.output()), 'the set-up code in the log');
    await setUpServer(at, code, 'kim', 'acme');
    this.administrator = await this.apiOf('kim');
    const app = (await this.github.secrets()).find(({ kind }) => kind === 'private_key')?.owner ?? '';
    await this.github.install({ app, account: 'acme', sender: 'kim' });
    const path = `/api/v4/projects/${encodeURIComponent(repository)}`;
    await until(async () => (await this.api.get(path)).status === 200, 'the project');
    for (const login of ['dana', 'erin']) await signIn(at, login);
    this.runner = await startPocketRunner({
      url: this.server.url,
      token: await this.runnerToken(),
      buildsDir: join(this.directory, 'builds'),
      concurrent: 2,
      pollIntervalMs: 50,
      logIntervalMs: 50,
      fetch: this.journal.fetch,
    });
  }
}

/** Each step is done whatever the ones before came to. */
async function tearDown(steps: (() => Promise<unknown>)[]): Promise<void> {
  for (const step of steps.splice(0).reverse()) await step().catch(() => undefined);
}
