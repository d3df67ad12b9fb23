import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { createDataSource, grantServices, migrate } from '@crosstie/domain';
import { type FrontDoor, startFrontDoor } from '@crosstie/front-door';
import { serviceNames } from '@crosstie/messaging';
import { keyClassesOf } from '@crosstie/token-vault';

import { NatsUnderTest } from '../distributed/nats-under-test.js';
import { freePort } from '../free-port.js';
import { crosstie } from '../processes.js';
import { databaseUrlFor } from '../service-logins.js';
import { testKeys, testKeysOf } from '../test-context.js';
import { ProcessUnderTest } from './process-under-test.js';
import { TcpProxy } from './tcp-proxy.js';

export interface ServersOptions {
  directory: string;
  /** The owner's, straight. */
  databaseUrl: string;
  /** What stands before the database. */
  databaseProxy: TcpProxy;
  githubUrl: string;
  /** What stands before GitHub's API. */
  githubProxy: TcpProxy;
  /** As in CROSSTIE_RUNNER_SILENCE_LIMIT: longer than the runners at work are ever silent. */
  silenceLimit: string;
}

/** What serves Crosstie: one process or five, and what these need between them. */
export interface Servers {
  readonly url: string;
  readonly processes: ProcessUnderTest[];
  readonly nats: NatsUnderTest | null;
  readonly natsProxy: TcpProxy | null;
  /** Where logs and artifacts lie. */
  readonly objects: string;
  /** Where a bus keeps what it carries. */
  readonly stores: string[];
  stop(): Promise<void>;
}

/** `crosstie serve`, on a database that stands outside of it. */
export async function oneServer(options: ServersOptions): Promise<Servers> {
  const { directory, databaseUrl, databaseProxy } = options;
  const data = join(directory, 'data');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = new ProcessUnderTest({
    name: 'crosstie',
    script: crosstie,
    parameters: ['serve', '--data', data, '--port', String(port)],
    env: {
      ...commonEnvironment(options, url),
      CROSSTIE_DATABASE_URL: through(databaseProxy, databaseUrl),
      CROSSTIE_ENCRYPTION_KEYS: testKeys,
      CROSSTIE_METRICS_PORT: String(await freePort()),
    },
    logFile: join(directory, 'crosstie'),
    readyUrl: `${url}/readyz`,
  });
  return {
    url,
    processes: [server],
    nats: null,
    natsProxy: null,
    objects: join(data, 'objects'),
    stores: [],
    stop: async () => void (await server.stop()),
  };
}

/** The five services behind the front door, over nats-server, each with its own login and keys. */
export async function fiveServers(options: ServersOptions): Promise<Servers> {
  const { directory, databaseUrl, databaseProxy } = options;
  await prepareDatabase(databaseUrl);
  const nats = await NatsUnderTest.start(directory);
  const natsProxy = await TcpProxy.start(() => nats.port);
  const door = await startFrontDoor({ port: await freePort(), services: {} });
  const objects = join(directory, 'objects');
  const processes: ProcessUnderTest[] = [];
  const upstreams: Record<string, string> = {};
  for (const name of serviceNames) {
    const port = await freePort();
    upstreams[name] = `http://127.0.0.1:${port}`;
    const env = {
      ...commonEnvironment(options, door.url),
      CROSSTIE_DATABASE_URL: through(databaseProxy, await databaseUrlFor(databaseUrl, name)),
      CROSSTIE_NATS_URL: await nats.urlFor(name, natsProxy.port),
      CROSSTIE_OBJECT_STORE: pathToFileURL(objects).href,
      CROSSTIE_ENCRYPTION_KEYS: testKeysOf(keyClassesOf[name]),
      CROSSTIE_PORT: String(port),
      CROSSTIE_METRICS_PORT: String(await freePort()),
    };
    const parameters = ['service', name];
    const logFile = join(directory, name);
    processes.push(
      new ProcessUnderTest({ name, script: crosstie, parameters, env, logFile, readyUrl: `${upstreams[name]}/readyz` }),
    );
  }
  door.route(upstreams);
  const stop = (): Promise<void> => stopFive(processes, door, nats, natsProxy);
  return { url: door.url, processes, nats, natsProxy, objects, stores: [join(directory, 'nats')], stop };
}

async function stopFive(
  processes: ProcessUnderTest[],
  door: FrontDoor,
  nats: NatsUnderTest,
  natsProxy: TcpProxy,
): Promise<void> {
  await Promise.all(processes.map((process) => process.stop()));
  await door.close();
  await natsProxy.close();
  await nats.stop();
}

/** Short limits, so that what heals by waiting heals within the storm. */
function commonEnvironment({ githubUrl, githubProxy, silenceLimit }: ServersOptions, url: string): NodeJS.ProcessEnv {
  return {
    CROSSTIE_URL: url,
    CROSSTIE_GITHUB_URL: githubUrl,
    CROSSTIE_GITHUB_API_URL: `http://127.0.0.1:${githubProxy.port}/api/v3`,
    CROSSTIE_LOG_FORMAT: 'json',
    CROSSTIE_RECOVERY_INTERVAL: '2s',
    CROSSTIE_JOB_ACK_TIMEOUT: '5s',
    CROSSTIE_RUNNER_SILENCE_LIMIT: silenceLimit,
  };
}

async function prepareDatabase(url: string): Promise<void> {
  const dataSource = createDataSource({ url, applicationName: 'crosstie storm' });
  await dataSource.initialize();
  try {
    await migrate(dataSource);
    await grantServices(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

function through(proxy: TcpProxy, url: string): string {
  const changed = new URL(url);
  changed.port = String(proxy.port);
  return changed.href;
}
