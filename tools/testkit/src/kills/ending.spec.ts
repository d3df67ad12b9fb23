import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { freePort } from '../free-port.js';
import { emptyDatabase, freshDatabase } from '../fresh-database.js';
import { ScriptedRunner } from '../scripted-runner.js';
import { databaseUrlFor } from '../service-logins.js';
import { TcpProxy } from '../storm/tcp-proxy.js';
import { until } from '../until.js';
import { runnersOf } from './by-hand.js';
import { House } from './house.js';
import { JobCalls } from './job-calls.js';
import { Journal } from './journal.js';
import { expectOneOutcome } from './outcome.js';
import { Serve } from './serve.js';

const withinMs = 30_000;
const startWithinMs = 60_000;

describe('a server that is asked to end', () => {
  let house: House;

  beforeAll(async () => {
    house = await House.build();
  }, 60_000);

  afterAll(async () => {
    await house?.tearDown();
  }, 60_000);

  it('answers the request that it holds, lets the job run on, and ends with status 0', async () => {
    const { first, second } = await runnersOf(house);
    const push = await house.push({ runs: 'by hand' });
    const journal = new Journal();
    const job = new JobCalls(house.server.url, await first.take(), journal);
    await job.put({ state: 'running' });
    const { held } = await holdRequest(house, second);

    const began = performance.now();
    expect(await house.server.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(withinMs);
    expect((await held).status).toBe(204);

    await house.server.start();
    const line = Buffer.from('still here\n');
    expect(await job.patch(0, line)).toMatchObject({ status: 202 });
    expect(await job.put({ state: 'success', output: { bytesize: line.length } })).toMatchObject({ status: 200 });
    await expectOneOutcome(house, push, { journal });
  }, 90_000);
});

/** A request for a job that the server has taken in and holds. */
async function holdRequest(house: House, runner: ScriptedRunner): Promise<{ held: Promise<Response> }> {
  const before = await contactsOf(house);
  const held = runner.request();
  await until(async () => (await contactsOf(house)) > before, 'the request to arrive');
  return { held };
}

async function contactsOf(house: House): Promise<number> {
  const [row] = await house.rows<{ count: number }>('SELECT count(*)::int AS count FROM runner_manager');
  return row?.count ?? 0;
}

describe('a server that cannot start, or must not', () => {
  let directory: string;
  let server: Serve;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crosstie-ending-'));
    server = await Serve.at({ directory, github: 'http://127.0.0.1:9', databaseUrl: null });
  });

  afterAll(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it.each([
    ['a wrong value', { CROSSTIE_RECOVERY_INTERVAL: 'soon' }, 'CROSSTIE_RECOVERY_INTERVAL'],
    ['half an App', { CROSSTIE_GITHUB_APP_ID: '7' }, 'CROSSTIE_GITHUB_PRIVATE_KEY'],
    ['faults without the consent to them', { CROSSTIE_FAULTS: 'claim.after_commit=kill' }, 'CROSSTIE_FAULTS'],
    [
      'faults with a GitHub that is not on loopback',
      {
        CROSSTIE_FAULTS: 'claim.after_commit=kill',
        CROSSTIE_ALLOW_FAULTS: 'yes',
        CROSSTIE_GITHUB_URL: 'https://github.com',
      },
      'CROSSTIE_FAULTS',
    ],
  ])('ends with 78 for %s and names the variable', async (_what, env, name) => {
    const running = server.launch(env);
    expect(await until(() => running.exitStatus(), 'its end', startWithinMs)).toBe(78);
    expect(running.output()).toContain(`${name}:`);
  });

  it('ends with status 0 when the signal comes before it listens', async () => {
    // It takes connections and says nothing on them, so the server is still starting when one arrives.
    const mute = createServer();
    const sockets: Socket[] = [];
    mute.on('connection', (socket) => sockets.push(socket));
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    const { port } = mute.address() as AddressInfo;
    const running = server.launch({ CROSSTIE_DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/nothing` });
    await until(() => sockets.length > 0 || running.exitStatus() !== null, 'it to ask for the database', startWithinMs);
    await running.stop();
    for (const socket of sockets) socket.destroy();
    mute.close();
    expect({ status: running.exitStatus(), output: running.output() }).toMatchObject({ status: 0 });
    expect(running.output()).not.toContain('is listening');
  });

  it('ends with status 1 when its start fails half-way, and does not live on without listening', async () => {
    const database = await freshDatabase();
    try {
      // It may read the migrations, and not what the other services need when they start.
      const url = await databaseUrlFor(database.url, 'webhook-gateway');
      const running = server.launch({ CROSSTIE_DATABASE_URL: url });
      expect(await until(() => running.exitStatus(), 'its end', startWithinMs)).toBe(1);
      expect(running.output()).toContain('could not start');
    } finally {
      await server.stop();
      await database.drop();
    }
  }, 120_000);

  it('waits for a database that stands elsewhere, and says so', async () => {
    const database = await emptyDatabase();
    let port = await freePort();
    const proxy = await TcpProxy.start(() => port);
    const url = new URL(database.url);
    const there = Number(url.port);
    url.port = String(proxy.port);
    try {
      const running = server.launch({ CROSSTIE_DATABASE_URL: url.href });
      const readiness = await until(
        async () => {
          const answer = await fetch(`${server.url}/readyz`);
          const body = (await answer.json()) as { ready: boolean; checks: Record<string, string> };
          return answer.status === 503 && body.checks['database'] !== undefined && body;
        },
        'the server to say what it waits for',
        startWithinMs,
      );
      expect(readiness).toMatchObject({ ready: false, checks: { database: expect.stringMatching(/./) } });
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      port = there;
      await until(async () => (await fetch(`${server.url}/readyz`)).ok, 'the server to serve', startWithinMs);
      await running.stop();
      expect(running.exitStatus()).toBe(0);
    } finally {
      await server.stop();
      await proxy.close();
      await database.drop();
    }
  }, 180_000);
});
