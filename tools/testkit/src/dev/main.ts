import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import { startEmbeddedDatabase } from '@crosstie/embedded-database';
import { startFrontDoor } from '@crosstie/front-door';
import { type ServiceName, serviceNames } from '@crosstie/messaging';
import { keyClassesOf, keysFromFile } from '@crosstie/token-vault';

import { crosstie } from '../processes.js';
import { freePort } from '../free-port.js';
import { startNatsServer } from '../nats-server.js';
import { databaseUrlFor } from '../service-logins.js';
import { Child } from './child.js';
import { watchSources } from './source-watch.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../../..');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Stores {
  databaseUrl: string;
  natsUrl: string;
}

/** `dev [--data DIR] [--port N]`: everything as separate processes, until Ctrl-C. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { data: { type: 'string', default: join(root, '.dev') }, port: { type: 'string', default: '8080' } },
  });
  const data = resolve(values.data);
  const url = `http://localhost:${Number(values.port)}`;
  await mkdir(data, { recursive: true });
  const ends: (() => Promise<unknown>)[] = [];
  try {
    const stores = await startStores(data, ends);
    const github = await startGithub(data, ends);
    const services = await startServices(data, url, github, stores, ends);
    const door = await startFrontDoor({ port: await freePort(), services: addresses(services) });
    ends.push(() => door.close());
    startConsole(door.url, Number(values.port), ends);
    ends.push(watchSources(root, (projects) => restart(services, projects)));
    say(`
  Crosstie          ${url}   (the console, with hot reload; everything else goes on to the services)
  front door        ${door.url}   (for runners)
  simulated GitHub  ${github}
  Files are in ${data}. A service starts again when its sources change. Ctrl-C ends it all.
`);
    await new Promise<void>((done) => {
      process.once('SIGINT', () => done());
      process.once('SIGTERM', () => done());
    });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function startStores(data: string, ends: (() => Promise<unknown>)[]): Promise<Stores> {
  const nats = await startNatsServer(join(data, 'nats'));
  if (!nats) throw new Error('nats-server is needed: apt-get install nats-server, or brew install nats-server');
  ends.push(() => nats.stop());
  const database = await startEmbeddedDatabase({ directory: join(data, 'postgres') });
  ends.push(() => database.stop());
  const env = { ...process.env, NODE_OPTIONS: '', CROSSTIE_DATABASE_URL: database.url };
  await run(process.execPath, [crosstie, 'migrate'], { env });
  return { databaseUrl: database.url, natsUrl: nats.url };
}

/** The one that CROSSTIE_GITHUB_URL names, else a simulated one. */
async function startGithub(data: string, ends: (() => Promise<unknown>)[]): Promise<string> {
  const given = process.env['CROSSTIE_GITHUB_URL'];
  if (given) return given;
  const port = await freePort();
  const directory = join(data, 'github');
  await mkdir(directory, { recursive: true });
  const program = join(root, 'tools/github-simulator/bin/github-simulator.js');
  const github = new Child(
    'github-simulator',
    process.execPath,
    [program, '--port', String(port), '--data', directory],
    {},
  );
  github.start();
  ends.push(() => github.stop());
  return `http://127.0.0.1:${port}`;
}

interface DevService {
  name: ServiceName;
  url: string;
  child: Child;
}

async function startServices(
  data: string,
  url: string,
  github: string,
  stores: Stores,
  ends: (() => Promise<unknown>)[],
): Promise<DevService[]> {
  const keys = (await keysFromFile(join(data, 'encryption-keys'))).reveal().split(',');
  const objects = join(data, 'objects');
  await mkdir(objects, { recursive: true });
  const services: DevService[] = [];
  for (const name of serviceNames) {
    const classes: readonly string[] = keyClassesOf[name];
    const port = await freePort();
    const child = new Child(name, process.execPath, [crosstie, 'service', name], {
      CROSSTIE_URL: url,
      CROSSTIE_DATABASE_URL: await databaseUrlFor(stores.databaseUrl, name),
      CROSSTIE_NATS_URL: stores.natsUrl,
      CROSSTIE_OBJECT_STORE: pathToFileURL(objects).href,
      CROSSTIE_ENCRYPTION_KEYS: keys.filter((key) => classes.includes(key.split(':')[0] ?? '')).join(','),
      CROSSTIE_GITHUB_URL: github,
      CROSSTIE_GITHUB_API_URL: process.env['CROSSTIE_GITHUB_API_URL'] ?? `${github}/api/v3`,
      CROSSTIE_LOG_FORMAT: 'pretty',
      CROSSTIE_PORT: String(port),
      CROSSTIE_METRICS_PORT: '0',
    });
    child.start();
    services.push({ name, url: `http://127.0.0.1:${port}`, child });
  }
  ends.push(() => Promise.all(services.map(({ child }) => child.stop())));
  return services;
}

function startConsole(door: string, port: number, ends: (() => Promise<unknown>)[]): void {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const parameters = [vite, '--port', String(port), '--strictPort'];
  const console = new Child(
    'console',
    process.execPath,
    parameters,
    { CROSSTIE_URL: door },
    join(root, 'apps/console'),
  );
  console.start();
  ends.push(() => console.stop());
}

const addresses = (services: readonly DevService[]): Record<string, string> =>
  Object.fromEntries(services.map(({ name, url }) => [name, url]));

/** A library is in every service; an app is one. */
async function restart(services: readonly DevService[], projects: readonly string[]): Promise<void> {
  const everybody = projects.some((project) => project.startsWith('libs/'));
  const concerned = services.filter(({ name }) => everybody || projects.includes(`apps/${name}`));
  for (const { name } of concerned) say(`Starting ${name} again`);
  await Promise.all(concerned.map(({ child }) => child.restart()));
}

await main();
