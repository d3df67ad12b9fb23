import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { SimulatorControl } from '@crosstie/github-simulator';
import { serviceNames } from '@crosstie/messaging';
import {
  Api,
  databaseUrlFor,
  freePort,
  makeWorld,
  repository,
  signIn,
  startNatsServer,
  testKeys,
  until,
} from '@crosstie/testkit';

import type { Ground } from './ground.ts';
import { type Program, startProgram } from './processes.ts';

const root = join(import.meta.dirname, '..');
const crosstie = join(root, 'apps/cli/bin/crosstie.js');
const run = promisify(execFile);

/** `joined`: one process; `separate`: five of them over NATS JetStream. */
export type Mode = 'joined' | 'separate';

/** Crosstie with a simulated GitHub, each a process of its own, on the ground's PostgreSQL. */
export interface House {
  /** Where people and tools find it. */
  url: string;
  /** Where GitHub sends to, and runners ask: the services themselves, no proxy before them. */
  hookUrl: string;
  runnerUrl: string;
  github: SimulatorControl;
  /** A token of the administrator, and one of an instance runner. */
  adminToken: string;
  runnerToken: string;
  databaseUrl: string;
  /** By its name; all of Crosstie is `crosstie` where it is joined. */
  pids: Record<string, number>;
  /** `crosstie admin …`, as JSON. */
  admin(...parameters: string[]): Promise<Record<string, unknown>>;
  /** What Crosstie has logged since this was asked last. */
  log(): string;
  /** What a process of Crosstie says of itself; 0 where it says nothing. */
  metric(process: string, name: string): Promise<number>;
  /** Ends one process of Crosstie. */
  end(name: string): Promise<void>;
}

export interface HouseOptions {
  mode?: Mode;
  /** Debug where the bench reads the steps from the log. */
  logLevel?: 'info' | 'debug';
}

interface Started {
  /** By the names of processes. */
  metricsPorts: Record<string, number>;
  url: string;
  hookUrl: string;
  runnerUrl: string;
  programs: Record<string, Program>;
}

/** Puts up a house with one project, one person and one runner; null where there is no nats-server and it needs one. */
export async function startHouse(ground: Ground, name: string, options: HouseOptions = {}): Promise<House | null> {
  const mode = options.mode ?? 'joined';
  const directory = await ground.subdirectory(name);
  const nats = mode === 'separate' ? await startNatsServer(join(directory, 'nats')) : null;
  if (mode === 'separate' && !nats) return null;
  if (nats) ground.after(() => nats.stop());
  const databaseUrl = await ground.emptyDatabase(name);
  const ports = Object.fromEntries(
    await Promise.all(['door', ...serviceNames].map(async (one) => [one, await freePort()] as const)),
  );
  const metricsPorts = Object.fromEntries(
    await Promise.all(['crosstie', ...serviceNames].map(async (one) => [one, await freePort()] as const)),
  );
  const at = (one: string): string => `http://127.0.0.1:${ports[mode === 'joined' ? 'door' : one]}`;
  const github = await startGithub(ground, directory);
  await makeWorld(github.control);
  const app = await github.control.createApp({
    owner: 'acme',
    name: 'Bench',
    url: at('door'),
    hookUrl: `${at('webhook-gateway')}/webhooks/github`,
    callbackUrls: [`${at('door')}/auth/github/callback`],
    permissions: { metadata: 'read', contents: 'read', statuses: 'write' },
    events: ['push'],
    webhookSecret,
  });
  const env = {
    CROSSTIE_DATABASE_URL: databaseUrl,
    CROSSTIE_URL: at('door'),
    CROSSTIE_LOG_LEVEL: options.logLevel ?? 'info',
    CROSSTIE_LOG_FORMAT: 'json',
    CROSSTIE_OBJECT_STORE: pathToFileURL(await ground.subdirectory(join(name, 'objects'))).href,
    CROSSTIE_ENCRYPTION_KEYS: testKeys,
    CROSSTIE_GITHUB_URL: github.url,
    CROSSTIE_GITHUB_API_URL: `${github.url}/api/v3`,
    CROSSTIE_GITHUB_APP_ID: String(app.id),
    CROSSTIE_GITHUB_APP_SLUG: app.slug,
    CROSSTIE_GITHUB_CLIENT_ID: app.clientId,
    CROSSTIE_GITHUB_CLIENT_SECRET: app.clientSecret,
    CROSSTIE_GITHUB_PRIVATE_KEY: app.privateKey,
    CROSSTIE_GITHUB_WEBHOOK_SECRET: webhookSecret,
    ...(nats && { CROSSTIE_NATS_URL: nats.url }),
  };
  const programs =
    mode === 'joined'
      ? await startJoined(directory, env, ports, metricsPorts)
      : await startSeparate(env, ports, metricsPorts);
  for (const program of Object.values(programs)) ground.after(() => program.stop());
  await github.control.install({ app: app.slug, account: 'acme', sender: 'kim' });
  const where = {
    url: at('door'),
    hookUrl: at('webhook-gateway'),
    runnerUrl: at('runner-api'),
    programs,
    metricsPorts,
  };
  return furnish(where, github, databaseUrl, env);
}

/** webhook-gateway as a process of its own, on a database where nobody handles what it takes in. Null without NATS. */
export async function startGateway(ground: Ground): Promise<{ url: string } | null> {
  const nats = await startNatsServer(join(await ground.subdirectory('gateway'), 'nats'));
  if (!nats) return null;
  ground.after(() => nats.stop());
  const port = await freePort();
  const env = {
    CROSSTIE_DATABASE_URL: await ground.emptyDatabase('gateway_bench'),
    CROSSTIE_NATS_URL: nats.url,
    CROSSTIE_PORT: String(port),
    CROSSTIE_METRICS_PORT: '0',
    CROSSTIE_ENCRYPTION_KEYS: testKeys,
    CROSSTIE_GITHUB_WEBHOOK_SECRET: webhookSecret,
  };
  await run(process.execPath, [crosstie, 'migrate'], { env: { ...process.env, ...env } });
  const gateway = await startProgram([crosstie, 'service', 'webhook-gateway'], env, /is listening/);
  ground.after(() => gateway.stop());
  return { url: `http://127.0.0.1:${port}` };
}

/** What every house's webhooks are signed with. */
export const webhookSecret = 'bench-webhook-secret-0123456789';

async function furnish(
  { programs, metricsPorts, ...where }: Started,
  github: { url: string; control: SimulatorControl },
  databaseUrl: string,
  env: NodeJS.ProcessEnv,
): Promise<House> {
  await signIn({ url: where.url, github: github.url }, 'dana');
  const admin = async (...parameters: string[]): Promise<Record<string, unknown>> => {
    const { stdout } = await run(process.execPath, [crosstie, 'admin', ...parameters, '--json'], {
      env: { ...process.env, ...env },
    });
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  const token = async (...parameters: string[]): Promise<string> => String((await admin(...parameters))['token']);
  const adminToken = await token('token', 'create', '--user', 'dana');
  const api = new Api(where.url, adminToken);
  await until(async () => {
    const { status } = await api.get(`/api/v4/projects/${encodeURIComponent(repository)}`);
    return status === 200;
  }, 'the project');
  return {
    ...where,
    github: github.control,
    adminToken,
    runnerToken: await token('runner', 'create'),
    databaseUrl,
    pids: Object.fromEntries(Object.entries(programs).map(([name, program]) => [name, program.pid])),
    admin,
    log: () =>
      Object.values(programs)
        .map((program) => program.printed())
        .join(''),
    metric: async (process, name) => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPorts[process]}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
    },
    end: async (name) => programs[name]?.stop(),
  };
}

async function startJoined(
  directory: string,
  env: NodeJS.ProcessEnv,
  ports: Record<string, number>,
  metricsPorts: Record<string, number>,
): Promise<Record<string, Program>> {
  const parameters = [crosstie, 'serve', '--data', join(directory, 'crosstie'), '--port', String(ports['door'])];
  const own = { ...env, CROSSTIE_METRICS_PORT: String(metricsPorts['crosstie']) };
  return { crosstie: await startProgram(parameters, own, /is listening/) };
}

async function startSeparate(
  env: NodeJS.ProcessEnv,
  ports: Record<string, number>,
  metricsPorts: Record<string, number>,
): Promise<Record<string, Program>> {
  await run(process.execPath, [crosstie, 'migrate'], { env: { ...process.env, ...env } });
  const started = serviceNames.map(async (name) => {
    const own = {
      ...env,
      // A login of its own, as a deployment gives it: so the database can say whose a statement was.
      CROSSTIE_DATABASE_URL: await databaseUrlFor(env['CROSSTIE_DATABASE_URL'] ?? '', name),
      CROSSTIE_PORT: String(ports[name]),
      CROSSTIE_METRICS_PORT: String(metricsPorts[name]),
    };
    return [name, await startProgram([crosstie, 'service', name], own, /is listening/)] as const;
  });
  const programs: Record<string, Program> = Object.fromEntries(await Promise.all(started));
  const upstreams = serviceNames.map((name) => `${name}=http://127.0.0.1:${ports[name]}`);
  const door = [join(root, 'tools/front-door/bin/front-door.js'), '--port', String(ports['door']), ...upstreams];
  programs['front-door'] = await startProgram(door, {}, /is listening/);
  return programs;
}

async function startGithub(ground: Ground, directory: string): Promise<{ url: string; control: SimulatorControl }> {
  const port = await freePort();
  const data = join(directory, 'github');
  await ground.subdirectory(join(directory.slice(ground.directory.length), 'github'));
  const program = join(root, 'tools/github-simulator/bin/github-simulator.js');
  const started = await startProgram([program, '--port', String(port), '--data', data], {}, /http:\/\//);
  ground.after(() => started.stop());
  const url = `http://127.0.0.1:${port}`;
  return { url, control: new SimulatorControl(url) };
}
