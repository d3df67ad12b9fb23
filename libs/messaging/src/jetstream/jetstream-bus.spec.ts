import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Database, createDataSource, statement } from '@crosstie/domain';
import { Logger } from '@crosstie/platform';
import {
  type FreshDatabase,
  type NatsServer,
  freePort,
  freshDatabase,
  startNatsServer,
  until,
} from '@crosstie/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

import type { Incoming } from '../events.js';
import { Outbox } from '../outbox.js';
import { Requests } from '../requests.js';
import { JetStreamBus, type JetStreamOptions } from './jetstream-bus.js';

const untold = statement<[], { n: number }>(
  'test_count_untold',
  { outbox_event: 's' },
  'SELECT count(*)::int AS n FROM outbox_event WHERE published_at IS NULL',
);
const forgetTelling = statement<[], never>(
  'test_forget_telling',
  { outbox_event: 'u' },
  'UPDATE outbox_event SET published_at = NULL',
);
const finished = (jobId: number) => ({
  type: 'job.finished' as const,
  payload: { jobId, pipelineId: 1, status: 'success' },
});
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

const present = await findServer();

async function findServer(): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'crosstie-nats-'));
  const server = await startNatsServer(directory);
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
  return server !== null;
}

(present ? describe : describe.skip)('the bus over a NATS that fails', () => {
  let store: FreshDatabase;
  let database: Database;
  let directory: string;
  let port: number;
  let server: NatsServer | null = null;
  const ends: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    store = await freshDatabase();
    const dataSource = createDataSource({ url: store.url, applicationName: 'jetstream bus' });
    database = new Database(await dataSource.initialize());
    directory = await mkdtemp(join(tmpdir(), 'crosstie-nats-'));
    port = await freePort();
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await stopServer((each) => each.stop());
    await rm(directory, { recursive: true, force: true });
    await database.dataSource.query('TRUNCATE outbox_event, event_attempt, dead_letter');
  });
  afterAll(async () => {
    await database.dataSource.destroy();
    await store.drop();
  });

  async function startServer(): Promise<void> {
    server = await startNatsServer(directory, port);
  }

  async function stopServer(how: (server: NatsServer) => Promise<void>): Promise<void> {
    const gone = server;
    server = null;
    if (gone) await how(gone);
  }

  async function start(
    handle: (job: number) => Promise<void> = async () => undefined,
    more: Partial<JetStreamOptions> = {},
  ) {
    const options = { url: `nats://127.0.0.1:${port}`, name: 'test', ackWaitMs: 1000, ...more };
    const bus = new JetStreamBus(options, database, Logger.silent(), { concurrency: 2, drainMs: 500 });
    await bus.start();
    const seen: number[] = [];
    const handler = async (event: Incoming): Promise<void> => {
      const { jobId } = event.payload as { jobId: number };
      seen.push(jobId);
      await handle(jobId);
    };
    const requests = new Map([['access.github_role', async () => ({ level: 30, because: 'write' })]]);
    const attach = () => bus.attach({ service: 'runner-api', events: new Map([['job.finished', handler]]), requests });
    const outbox = new Outbox(database, bus, Logger.silent(), { sweepIntervalMs: 100, sweepAgeMs: 0 });
    outbox.start();
    ends.push(async () => {
      await outbox.stop();
      await bus.stop();
    });
    const say = async (...jobs: number[]): Promise<void> => {
      outbox.publish(await database.transaction((tx) => outbox.append(tx, jobs.map(finished))));
    };
    return { bus, attach, seen, say };
  }

  const speak = () => connect({ servers: `nats://127.0.0.1:${port}` });

  const allTold = () => until(async () => (await database.first(untold))?.n === 0, 'all are told');

  it('loses nothing when NATS is killed and comes back with an empty store', async () => {
    await startServer();
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { attach, seen, say } = await start(() => opened);
    await attach();
    await say(...range(0, 10));
    await allTold();
    await stopServer((each) => each.kill());
    await rm(directory, { recursive: true, force: true });
    await say(...range(10, 15));
    await startServer();
    open();
    await until(() => new Set(seen).size === 15, 'all fifteen');
    await allTold();
  });

  it('starts while NATS is away, and goes on when it comes', async () => {
    const { bus, attach, seen, say } = await start();
    await attach();
    await say(1);
    expect(await database.first(untold)).toEqual({ n: 1 });
    await startServer();
    await until(() => seen.length === 1, 'the event');
    const asked = { userId: 1, projectId: 1 };
    const answer = await new Requests(bus).ask('access.github_role', asked, { timeoutMs: 5000 });
    expect(answer.level).toBe(30);
  });

  it('keeps in the outbox what a full stream refuses (F24, N4)', async () => {
    await startServer();
    const { attach, seen, say } = await start(undefined, { messagesMax: 5 });
    await until(async () => {
      const nc = await speak();
      const names = await (await jetstreamManager(nc)).streams.names().next();
      await nc.close();
      return names.length === 1;
    }, 'the stream');
    await say(...range(0, 8));
    await until(async () => (await database.first(untold))?.n === 3, 'five are told');
    const nc = await speak();
    await attach();
    await until(() => seen.length === 5, 'five are handled');
    await (await jetstreamManager(nc)).streams.purge('CROSSTIE');
    await nc.close();
    await until(() => seen.length === 8, 'all eight');
    expect(new Set(seen).size).toBe(8);
  });

  it('gives an event once that was told again because its telling was not remembered (F20)', async () => {
    await startServer();
    const { attach, seen, say } = await start();
    await attach();
    await say(1, 2);
    await until(() => seen.length === 2, 'both');
    await allTold();
    await database.run(forgetTelling);
    await allTold();
    await say(3);
    await until(() => seen.length >= 3, 'the third');
    expect(seen).toEqual([1, 2, 3]);
  });

  it('loses nothing in twenty kills of NATS under load (F21)', async () => {
    await startServer();
    const { attach, seen, say } = await start();
    await attach();
    const kills = 20;
    for (let n = 0; n < kills; n += 1) {
      await say(...range(n * 10, n * 10 + 10));
      await stopServer((each) => each.kill());
      await say(n + 1000);
      await startServer();
    }
    await until(() => new Set(seen).size === kills * 11, 'all of them', 30_000);
    await allTold();
  }, 60_000);

  it('gives an event to one handler alone that takes longer than NATS waits for its end (F29)', async () => {
    await startServer();
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const ackWaitMs = 200;
    const { attach, seen, say } = await start(() => opened, { ackWaitMs });
    await attach();
    await say(1);
    await until(() => seen.length === 1, 'the event');
    const nc = await speak();
    const manager = await jetstreamManager(nc);
    // Told it is being worked on: NATS does not give it again, however often its patience is over.
    const began = performance.now();
    while (performance.now() - began < ackWaitMs * 5) {
      const { num_redelivered: again, num_ack_pending: held } = await manager.consumers.info('CROSSTIE', 'runner-api');
      expect({ again, held }).toEqual({ again: 0, held: 1 });
    }
    open();
    const held = async () => (await manager.consumers.info('CROSSTIE', 'runner-api')).num_ack_pending;
    await until(async () => (await held()) === 0, 'the end to be heard');
    await nc.close();
    expect(seen).toEqual([1]);
  });

  it('takes a message that was never ours out of the way, and no dead letter is made of it (N1)', async () => {
    await startServer();
    const { attach, seen, say } = await start();
    await attach();
    await say(1);
    await until(() => seen.length === 1, 'the event');
    const nc = await speak();
    const real = { id: 7, eventId: '00000000-0000-4000-8000-000000000000', ...finished(7) };
    const forged = [
      'no JSON',
      'null',
      '[]',
      ...[
        { ...real, eventId: 'x' },
        { ...real, id: -1 },
        { ...real, type: 'constructor' },
        { ...real, payload: null },
        { ...real, payload: { jobId: '7', pipelineId: 1, status: 'success' } },
        { ...real, payload: { jobId: 7, pipelineId: 2 ** 60, status: 'success' } },
        { ...real, payload: { jobId: 7, pipelineId: 1, status: "success'; --" } },
        { ...real, onlyService: { toString: 'runner-api' } },
      ].map((message) => JSON.stringify(message)),
    ];
    for (const message of forged) nc.publish('crosstie.job.finished', message);
    await nc.flush();
    await say(2);
    await until(() => seen.length === 2, 'the event behind them');
    const manager = await jetstreamManager(nc);
    const left = async () => {
      const { num_ack_pending: held, num_pending: waiting } = await manager.consumers.info('CROSSTIE', 'runner-api');
      return held + waiting;
    };
    await until(async () => (await left()) === 0, 'nothing to be left');
    await nc.close();
    expect(seen).toEqual([1, 2]);
    expect((await database.pool.query('SELECT FROM dead_letter')).rowCount).toBe(0);
    expect((await database.pool.query('SELECT FROM event_attempt')).rowCount).toBe(0);
  });
});
