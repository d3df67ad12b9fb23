import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { SimulatorControl } from '@crosstie/github-simulator';
import { Api, freePort, makeWorld, repository, signIn, startNatsServer, until } from '@crosstie/testkit';
import pg from 'pg';

import { type Program, startProgram } from './processes.ts';

const root = join(import.meta.dirname, '..');
const crosstie = join(root, 'apps/cli/bin/crosstie.js');
const run = promisify(execFile);

/** Crosstie in one process and a simulated GitHub, each a process of its own, on a PostgreSQL that is there. */
export interface House {
  url: string;
  github: SimulatorControl;
  webhookSecret: string;
  /** A runner's token. */
  runnerToken: string;
  databaseUrl: string;
  /** The configuration that its services were started with. */
  env: Readonly<Record<string, string>>;
  /** What Crosstie has logged since this was asked last. */
  log(): string;
  stop(): Promise<void>;
}

export async function startHouse(
  databaseServer: string,
  directory: string,
  logLevel: 'info' | 'debug',
): Promise<House> {
  const programs: Program[] = [];
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { control, github } = await startGitHub(directory, programs);
  await makeWorld(control);
  const app = await control.createApp({
    owner: 'acme',
    name: 'Bench',
    url,
    hookUrl: `${url}/webhooks/github`,
    callbackUrls: [`${url}/auth/github/callback`],
    permissions: { metadata: 'read', contents: 'read', statuses: 'write' },
    events: ['push'],
    webhookSecret: 'bench-webhook-secret-0123456789',
  });
  const databaseUrl = await makeDatabase(databaseServer, 'crosstie_bench');
  const env = {
    CROSSTIE_DATABASE_URL: databaseUrl,
    CROSSTIE_URL: url,
    CROSSTIE_METRICS_PORT: String(await freePort()),
    CROSSTIE_LOG_LEVEL: logLevel,
    CROSSTIE_LOG_FORMAT: 'json',
    CROSSTIE_GITHUB_URL: github,
    CROSSTIE_GITHUB_API_URL: `${github}/api/v3`,
    CROSSTIE_GITHUB_APP_ID: String(app.id),
    CROSSTIE_GITHUB_APP_SLUG: app.slug,
    CROSSTIE_GITHUB_CLIENT_ID: app.clientId,
    CROSSTIE_GITHUB_CLIENT_SECRET: app.clientSecret,
    CROSSTIE_GITHUB_PRIVATE_KEY: app.privateKey,
    CROSSTIE_GITHUB_WEBHOOK_SECRET: app.webhookSecret ?? '',
  };
  const data = join(directory, 'crosstie');
  const server = await startProgram([crosstie, 'serve', '--data', data, '--port', String(port)], env, /is listening/);
  programs.push(server);
  await control.install({ app: app.slug, account: 'acme', sender: 'kim' });
  await signIn({ url, github }, 'dana');
  const admin = async (...parameters: string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, [crosstie, 'admin', ...parameters, '--json'], {
      env: { ...process.env, ...env },
    });
    return (JSON.parse(stdout) as { token: string }).token;
  };
  const api = new Api(url, await admin('token', 'create', '--user', 'dana'));
  await until(async () => {
    const { status } = await api.get(`/api/v4/projects/${encodeURIComponent(repository)}`);
    return status === 200;
  }, 'the project');
  return {
    url,
    databaseUrl,
    env,
    github: control,
    webhookSecret: app.webhookSecret ?? '',
    runnerToken: await admin('runner', 'create'),
    log: () => server.printed(),
    async stop() {
      for (const program of programs.reverse()) await program.stop();
    },
  };
}

/** webhook-gateway as a process of its own, on a database where nobody handles what it takes in. Null without NATS. */
export async function startGateway(
  house: House,
  databaseServer: string,
  directory: string,
): Promise<{ url: string; stop(): Promise<void> } | null> {
  const nats = await startNatsServer(join(directory, 'nats'));
  if (!nats) return null;
  const port = await freePort();
  const env = {
    ...house.env,
    CROSSTIE_DATABASE_URL: await makeDatabase(databaseServer, 'gateway_bench'),
    CROSSTIE_NATS_URL: nats.url,
    CROSSTIE_PORT: String(port),
    CROSSTIE_METRICS_PORT: String(await freePort()),
  };
  await run(process.execPath, [crosstie, 'migrate'], { env: { ...process.env, ...env } });
  const gateway = await startProgram([join(root, 'apps/webhook-gateway/dist/main.js')], env, /is listening/);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await gateway.stop();
      await nats.stop();
    },
  };
}

async function startGitHub(directory: string, programs: Program[]) {
  const port = await freePort();
  const data = join(directory, 'github');
  await mkdir(data, { recursive: true });
  const program = join(root, 'tools/github-simulator/bin/github-simulator.js');
  programs.push(await startProgram([program, '--port', String(port), '--data', data], {}, /http:\/\//));
  const github = `http://127.0.0.1:${port}`;
  return { github, control: new SimulatorControl(github) };
}

/** An empty database on the server. @returns its URL */
export async function makeDatabase(server: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
