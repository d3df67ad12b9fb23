import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { type CreatedApp, type GitHubSimulator, type NewApp, startGitHubSimulator } from '@crosstie/github-simulator';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Api } from './api.js';
import { freshDatabase } from './fresh-database.js';
import { Serve } from './kills/serve.js';
import { itDoesTheMainJob, type MainJobHouse } from './main-job-suite.js';
import { setupCodeIn, signIn } from './people.js';
import { followPipeline } from './pipelines.js';
import { crosstie } from './processes.js';
import { until } from './until.js';
import { Visitor } from './visitor.js';
import { makeWorld, repository } from './world.js';

const run = promisify(execFile);
const page = resolve(import.meta.dirname, '../../../docs/github-app.md');

interface LoggedDelivery {
  guid: string;
  event: string;
  recovered: boolean;
  state: string;
}

/** Registers the App field by field as the page for people says, and nothing that it does not say. */
async function appOfThePage(url: string): Promise<NewApp> {
  const text = await readFile(page, 'utf8');
  const cells = (field: string): string => new RegExp(`^\\| ${field} \\| (.+?) \\|`, 'm').exec(text)?.[1] ?? '';
  const address = (field: string): string => /`https:\/\/CROSSTIE(\S*)`/.exec(cells(field))?.[1] ?? ' missing';
  const permissions = [...text.matchAll(/^\| (\w[\w ]*) \| `(\w+)` \| Read(-only| and write) \|/gm)].map(
    ([, , name, level]) => [name, level === '-only' ? 'read' : 'write'],
  );
  return {
    owner: 'acme',
    name: 'Crosstie by hand',
    url,
    // Nobody listens there, as nobody does behind a firewall.
    hookUrl: `http://127.0.0.1:9${address('Webhook URL')}`,
    callbackUrls: [`${url}${address('Callback URL')}`],
    setupUrl: `${url}${address('Setup URL')}`,
    permissions: Object.fromEntries(permissions) as NewApp['permissions'],
    events: [...cells('Subscribe to events').matchAll(/`(\w+)`/g)].map(([, event = '']) => event),
  };
}

describe('a server that GitHub never reaches, with an App that was made by hand', () => {
  let directory: string;
  let simulator: GitHubSimulator;
  let server: Serve;
  let app: CreatedApp;
  let databaseUrl: string;
  let house: MainJobHouse;
  const cleanUps: (() => Promise<unknown>)[] = [];

  const admin = async <Answer>(...parameters: string[]): Promise<Answer> => {
    const env = { ...process.env, NODE_OPTIONS: '', CROSSTIE_DATABASE_URL: databaseUrl };
    const { stdout } = await run(process.execPath, [crosstie, 'admin', ...parameters, '--json'], { env });
    return JSON.parse(stdout) as Answer;
  };

  /** What an operator sets when there is no manifest. */
  async function appVariables(): Promise<NodeJS.ProcessEnv> {
    const key = join(directory, 'app.private-key.pem');
    await writeFile(key, app.privateKey, { mode: 0o600 });
    return {
      CROSSTIE_GITHUB_APP_ID: String(app.id),
      CROSSTIE_GITHUB_APP_SLUG: app.slug,
      CROSSTIE_GITHUB_CLIENT_ID: app.clientId,
      CROSSTIE_GITHUB_CLIENT_SECRET: app.clientSecret,
      CROSSTIE_GITHUB_PRIVATE_KEY_FILE: key,
      CROSSTIE_GITHUB_WEBHOOK_SECRET: app.webhookSecret ?? '',
    };
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crosstie-unreachable-'));
    cleanUps.push(() => rm(directory, { recursive: true, force: true }));
    const database = await freshDatabase();
    databaseUrl = database.url;
    cleanUps.push(() => database.drop());
    simulator = await startGitHubSimulator();
    cleanUps.push(() => simulator.close());
    const github = simulator.control;
    await makeWorld(github);
    server = await Serve.at({ directory, github: simulator.url, databaseUrl });
    app = await github.createApp(await appOfThePage(server.url));
    server.launch(await appVariables());
    cleanUps.push(() => server.stop());
    await until(async () => (await fetch(`${server.url}/readyz`)).ok, 'the server to be ready', 30_000);
    const visitor = new Visitor();
    const code = await until(() => setupCodeIn(server.output()), 'the set-up code in the log');
    await visitor.post(`${server.url}/auth/setup`, { code, username: 'kim' });
    await github.install({ app: app.slug, account: 'acme', sender: 'kim' });
    await signIn({ url: server.url, github: simulator.url }, 'dana');
    const dana = new Api(
      server.url,
      (await admin<{ token: string }>('token', 'create', '--user', 'dana', '--scopes', 'api')).token,
    );
    const { token: runnerToken } = await admin<{ token: string }>('runner', 'create');
    await until(
      async () => (await dana.get(`/api/v4/projects/${encodeURIComponent(repository)}`)).status === 200,
      'it',
    );
    house = { url: server.url, github, dana, runnerToken };
  }, 150_000);

  afterAll(async () => {
    for (const step of cleanUps.splice(0).reverse()) await step();
  });

  it('made no App from a manifest, and asks for what the manifest asks for', async () => {
    const known = await new Visitor().open(`${server.url}/auth/github?purpose=login`);
    expect(known.url).toContain(`${simulator.url}/login`);
    const { permissions, events } = await appOfThePage(server.url);
    expect([permissions, events]).toEqual([{ metadata: 'read', contents: 'read', statuses: 'write' }, ['push']]);
  });

  itDoesTheMainJob(() => house);

  it('took every delivery from the log, and none by its webhook', async () => {
    const sent = await simulator.control.deliveries();
    expect(sent.filter(({ statusCode }) => statusCode !== 0)).toEqual([]);
    const known = await admin<LoggedDelivery[]>('delivery', 'list');
    expect(known.map(({ guid }) => guid).sort()).toEqual([...new Set(sent.map(({ guid }) => guid))].sort());
    expect(known.filter(({ recovered, state }) => !recovered || state !== 'done')).toEqual([]);
    process.stderr.write(`${known.length} deliveries came out of the log, 0 by webhook\n`);
  });

  it('lives as well from a log whose deliveries somebody else accepts', async () => {
    const sink = await acceptAll();
    cleanUps.push(() => new Promise((done) => void sink.close(done)));
    const { port } = sink.address() as AddressInfo;
    await simulator.control.changeApp(app.slug, { hookUrl: `http://127.0.0.1:${port}/` });
    const { after } = await simulator.control.push(repository, { pusher: 'dana', files: { 'sink.txt': 'x' } });
    await followPipeline(house.dana, repository, after, ({ status }) => status === 'success');
    const sent = await simulator.control.deliveries({ event: 'push' });
    expect(sent.at(-1)?.statusCode).toBe(200);
  }, 90_000);
});

/** Answers 200 to everything, and throws it away. */
function acceptAll(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    response.end();
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}
