import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { type FrontDoor, startFrontDoor, type Upstreams } from '@crosstie/front-door';
import {
  type GitHubSimulator,
  type SimulatorControl,
  startGitHubSimulator,
  type Switches,
} from '@crosstie/github-simulator';
import { type ServiceName, serviceNames } from '@crosstie/messaging';
import { keyClassesOf } from '@crosstie/token-vault';

import { Api } from '../api.js';
import { freePort } from '../free-port.js';
import { freshDatabase } from '../fresh-database.js';
import { setupCodeIn, setUpServer, signIn } from '../people.js';
import { crosstie } from '../processes.js';
import { databaseUrlFor } from '../service-logins.js';
import { testKeysOf } from '../test-context.js';
import { until } from '../until.js';
import type { Visitor } from '../visitor.js';
import { makeWorld, repository } from '../world.js';
import { NatsUnderTest } from './nats-under-test.js';
import { ServiceProcess } from './service-process.js';

const run = promisify(execFile);

export interface DistributedOptions {
  /** Variables for every service, over those of the stage. */
  env?: NodeJS.ProcessEnv;
  /** Default 1: how many processes of each service, or of those that are named. */
  replicas?: number | Partial<Record<ServiceName, number>>;
  switches?: Partial<Switches>;
  /** Gives the port of something that stands before nats-server, for the services to connect to. */
  natsThrough?: (natsPort: number) => Promise<number>;
}

/**
 * The five services as processes of their own, behind the front door, over nats-server and PostgreSQL; the simulated
 * GitHub runs in the test's process. Everything in it can be killed and started again.
 */
export class DistributedStage {
  readonly processes: ServiceProcess[] = [];
  private readonly cleanUps: (() => Promise<unknown>)[] = [];
  private readonly tokens = new Map<string, string>();

  private constructor(
    readonly directory: string,
    /** The owner's; services have their own. */
    readonly databaseUrl: string,
    readonly nats: NatsUnderTest,
    readonly simulator: GitHubSimulator,
    readonly door: FrontDoor,
  ) {}

  /** Waits until all serve. What fails leaves nothing behind. */
  static async start(options: DistributedOptions = {}): Promise<DistributedStage> {
    const cleanUps: (() => Promise<unknown>)[] = [];
    try {
      const directory = await mkdtemp(join(tmpdir(), 'crosstie-distributed-'));
      cleanUps.push(() => rm(directory, { recursive: true, force: true }));
      const nats = await NatsUnderTest.start(directory);
      cleanUps.push(() => nats.stop());
      const database = await freshDatabase();
      cleanUps.push(() => database.drop());
      const simulator = await startGitHubSimulator({ switches: options.switches });
      cleanUps.push(() => simulator.close());
      const door = await startFrontDoor({ port: await freePort(), services: {} });
      cleanUps.push(() => door.close());
      const stage = new DistributedStage(directory, database.url, nats, simulator, door);
      stage.cleanUps.push(...cleanUps);
      // What it adds is to be undone as well, should it fail.
      cleanUps.splice(0, cleanUps.length, () => stage.stop());
      await stage.populate(options);
      return stage;
    } catch (error) {
      await tearDown(cleanUps);
      throw error;
    }
  }

  /** The front door's. */
  get url(): string {
    return this.door.url;
  }

  get github(): SimulatorControl {
    return this.simulator.control;
  }

  /** Where logs and artifacts lie. */
  get objects(): string {
    return join(this.directory, 'objects');
  }

  /** A service's process; of several, the one with that number. */
  process(name: ServiceName, replica = 0): ServiceProcess {
    const found = this.processes.filter((process) => process.name === name)[replica];
    if (!found) throw new Error(`${name} has no replica ${replica}`);
    return found;
  }

  /** Everything that every process has printed. */
  log(): string {
    return this.processes.map((process) => process.output()).join('');
  }

  /** First-run set-up by form as `login`, with the App made from the manifest and installed on `account`. */
  async setUp(login: string, account: string): Promise<void> {
    const code = await until(() => setupCodeIn(this.log()), 'the set-up code in the log');
    await setUpServer({ url: this.url, github: this.simulator.url }, code, login, account);
    const [app] = (await this.github.secrets()).filter(({ kind }) => kind === 'private_key');
    await this.github.install({ app: app?.owner ?? '', account, sender: login });
  }

  /**
   * Brings the usual world in: set up by its owner kim for `acme`, with the project known and dana signed in.
   * @returns the API as dana
   */
  async inhabit(): Promise<Api> {
    await makeWorld(this.github);
    await this.setUp('kim', 'acme');
    const kim = await this.api('kim');
    const path = `/api/v4/projects/${encodeURIComponent(repository)}`;
    await until(async () => (await kim.get(path)).status === 200, 'the project');
    await this.signIn('dana');
    return this.api('dana');
  }

  signIn(login: string): Promise<Visitor> {
    return signIn({ url: this.url, github: this.simulator.url }, login);
  }

  /** A person's access, with a token that `crosstie admin token create` made. */
  async api(username: string): Promise<Api> {
    const known = this.tokens.get(username) ?? (await this.makeToken(username));
    this.tokens.set(username, known);
    return new Api(this.url, known);
  }

  /** A runner's token, made through the API by an administrator. */
  async runnerToken(admin: string, tags: string[] = []): Promise<string> {
    const fields = { runner_type: 'instance_type', tag_list: tags, run_untagged: tags.length === 0 };
    const { status, body } = await (await this.api(admin)).post('/api/v4/user/runners', fields);
    if (status !== 201) throw new Error(`POST /api/v4/user/runners: ${status} ${JSON.stringify(body)}`);
    return (body as { token: string }).token;
  }

  async stop(): Promise<void> {
    await tearDown(this.cleanUps);
  }

  private async populate(options: DistributedOptions): Promise<void> {
    await mkdir(this.objects);
    this.cleanUps.push(() => Promise.all(this.processes.map((process) => process.stop())));
    const natsPort = await (options.natsThrough?.(this.nats.port) ?? this.nats.port);
    const { replicas = 1 } = options;
    for (const name of serviceNames) {
      const count = typeof replicas === 'number' ? replicas : (replicas[name] ?? 1);
      for (let n = 0; n < count; n += 1) {
        const env = { ...(await this.environment(name, natsPort)), ...options.env };
        const process = await ServiceProcess.of(name, this.directory, env);
        this.processes.push(process);
        process.launch();
      }
    }
    this.door.route(this.upstreams());
    await Promise.all(this.processes.map((process) => process.ready()));
  }

  /** Where the door finds each service: all of its replicas, or those that are wanted. */
  upstreams(wanted: (process: ServiceProcess) => boolean = () => true): Upstreams {
    const urlsOf = (name: ServiceName): string[] =>
      this.processes.filter((process) => process.name === name && wanted(process)).map(({ url }) => url);
    return Object.fromEntries(serviceNames.map((name) => [name, urlsOf(name)]));
  }

  /** As a deployment gives it: a database login and keys of its own for each service. */
  private async environment(name: ServiceName, natsPort: number): Promise<NodeJS.ProcessEnv> {
    return {
      CROSSTIE_URL: this.url,
      CROSSTIE_DATABASE_URL: await databaseUrlFor(this.databaseUrl, name),
      CROSSTIE_NATS_URL: await this.nats.urlFor(name, natsPort),
      CROSSTIE_OBJECT_STORE: pathToFileURL(this.objects).href,
      CROSSTIE_ENCRYPTION_KEYS: testKeysOf(keyClassesOf[name]),
      CROSSTIE_GITHUB_URL: this.simulator.url,
      CROSSTIE_GITHUB_API_URL: this.simulator.apiUrl,
      CROSSTIE_LOG_FORMAT: 'json',
    };
  }

  private async makeToken(username: string): Promise<string> {
    const env = { ...process.env, NODE_OPTIONS: '', CROSSTIE_DATABASE_URL: this.databaseUrl };
    const parameters = [crosstie, 'admin', 'token', 'create', '--user', username, '--json'];
    const { stdout } = await run(process.execPath, parameters, { env });
    return (JSON.parse(stdout) as { token: string }).token;
  }
}

/** Each step is done whatever the ones before came to. */
async function tearDown(steps: (() => Promise<unknown>)[]): Promise<void> {
  for (const step of steps.splice(0).reverse()) await step().catch(() => undefined);
}
