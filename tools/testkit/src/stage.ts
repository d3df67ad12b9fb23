import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

import { startJoined } from '@crosstie/all-in-one';
import {
  createAccessToken,
  createRunner,
  createUser,
  listUsers,
  Project,
  randomToken,
  tokenHash,
} from '@crosstie/domain';
import {
  type GitHubSimulator,
  type SimulatorControl,
  startGitHubSimulator,
  type Switches,
} from '@crosstie/github-simulator';
import type { BusOptions, ServiceContext } from '@crosstie/messaging';
import { type ConfigValues, createLogger } from '@crosstie/platform';

import { Api } from './api.js';
import { freePort } from './free-port.js';
import { freshDatabase } from './fresh-database.js';
import { setupCodeIn, setUpServer, signIn } from './people.js';
import { TestClock } from './test-clock.js';
import { testConfig } from './test-context.js';
import { until } from './until.js';
import type { Visitor } from './visitor.js';

export interface StageOptions {
  config?: Partial<ConfigValues>;
  /** How the simulated GitHub answers where nobody knows how the real one does. */
  switches?: Partial<Switches>;
  /** How the bus waits before it tells an event again. */
  bus?: Partial<BusOptions>;
}

/** A whole house with its GitHub, inside the test's process. */
export interface Stage {
  readonly url: string;
  readonly github: SimulatorControl;
  readonly simulator: GitHubSimulator;
  readonly context: ServiceContext;
  readonly clock: TestClock;
  readonly databaseUrl: string;
  /** Where logs and artifacts lie. */
  readonly objects: string;
  /** What the server has logged so far. */
  log(): string;
  /** First-run set-up by form as `login`, with the App made from the manifest and installed on `account`. */
  setUp(login: string, account: string): Promise<void>;
  /** Signs in with GitHub by form, accepts the terms, links, takes a seat. */
  signIn(login: string): Promise<Visitor>;
  /** A personal access token of a person, as `crosstie admin token create` makes it. */
  api(username: string): Promise<Api>;
  /** A runner's token, as `crosstie admin runner create` makes it. */
  runnerToken(tags?: string[]): Promise<string>;
  project(fullName: string): Promise<Project>;
  stop(): Promise<void>;
}

/** Starts PostgreSQL's copy, the simulated GitHub and the joined services. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const database = await freshDatabase();
  const simulator = await startGitHubSimulator({ switches: options.switches });
  const clock = new TestClock();
  const objects = await mkdtemp(join(tmpdir(), 'crosstie-objects-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const base = testConfig(database.url);
  const config = testConfig(database.url, {
    url,
    port,
    objectStore: pathToFileURL(objects).href,
    github: {
      ...base.github,
      webUrl: simulator.url,
      apiUrl: simulator.apiUrl,
      host: new URL(simulator.url).host,
    },
    log: { level: 'info', format: 'json' },
    ...options.config,
  });
  const lines: string[] = [];
  const logger = await createLogger(config, 'crosstie', collect(lines));
  const house = await startJoined(config, { ownsProcess: false, logger, clock, bus: options.bus });
  const { dataSource } = house.context.database;

  const stage: Stage = {
    url,
    github: simulator.control,
    simulator,
    context: house.context,
    clock,
    databaseUrl: database.url,
    objects,
    log: () => lines.join(''),
    setUp: (login, account) => setUp(stage, login, account),
    signIn: (login) => signIn({ url, github: simulator.url }, login),
    async api(username) {
      const [found] = await listUsers(house.context.database, { username });
      const user = found ?? (await createUser(house.context.database, { username, name: username }));
      const made = await createAccessToken(house.context.database, {
        userId: user?.id ?? 0,
        name: 'a test',
        scopes: ['api'],
        expiresAt: new Date(clock.ms() + 86_400_000),
      });
      return new Api(url, made.token);
    },
    async runnerToken(tags = []) {
      const token = randomToken('glrt-');
      await house.context.database.run(
        createRunner,
        'instance_type',
        null,
        null,
        'a test',
        null,
        [...tags].sort(),
        true,
        false,
        false,
        'not_protected',
        null,
        tokenHash(token),
        null,
        clock.now(),
      );
      return token;
    },
    project: (fullName) =>
      until(() => dataSource.getRepository(Project).findOneBy({ fullName }), `the project ${fullName}`),
    async stop() {
      await house.stop();
      await simulator.close();
      await database.drop();
      await rm(objects, { recursive: true, force: true });
    },
  };
  return stage;
}

async function setUp(stage: Stage, login: string, account: string): Promise<void> {
  const code = await until(() => setupCodeIn(stage.log()), 'the set-up code in the log');
  await setUpServer({ url: stage.url, github: stage.simulator.url }, code, login, account);
  const [app] = (await stage.github.secrets()).filter(({ kind }) => kind === 'private_key');
  await stage.github.install({ app: app?.owner ?? '', account, sender: login });
}

function collect(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
}
