import { Database, createDataSource, statement } from '@crosstie/domain';
import { Logger } from '@crosstie/platform';
import { type FreshDatabase, freshDatabase, until } from '@crosstie/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import type { Incoming } from '../events.js';
import { RetryLater } from '../outcomes.js';
import { Outbox } from '../outbox.js';
import { InProcessBus } from './in-process-bus.js';

const positionOf = statement<[service: string], { outbox_id: number }>(
  'test_position',
  { bus_position: 's' },
  'SELECT outbox_id FROM bus_position WHERE service = $1',
);
const ageEvents = statement<[], never>(
  'test_age_events',
  { outbox_event: 'u' },
  `UPDATE outbox_event SET created_at = now() - interval '11 minutes'`,
);
const countEvents = statement<[], { n: number }>(
  'test_count_events',
  { outbox_event: 's' },
  'SELECT count(*)::int AS n FROM outbox_event',
);
const finished = (jobId: number) => ({
  type: 'job.finished' as const,
  payload: { jobId, pipelineId: 1, status: 'success' },
});

describe('the memory of the bus inside one process', () => {
  let store: FreshDatabase;
  let database: Database;
  const buses: InProcessBus[] = [];

  beforeAll(async () => {
    store = await freshDatabase();
    const dataSource = createDataSource({ url: store.url, applicationName: 'in-process bus' });
    database = new Database(await dataSource.initialize());
  });
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.stop()));
    await database.dataSource.query('TRUNCATE outbox_event, event_attempt, bus_position, dead_letter');
  });
  afterAll(async () => {
    await database.dataSource.destroy();
    await store.drop();
  });

  async function start(handle: (job: number) => Promise<void>) {
    const bus = new InProcessBus(database, Logger.silent(), { backOffMs: () => 20, concurrency: 2, drainMs: 50 });
    buses.push(bus);
    const seen: number[] = [];
    const handler = async (event: Incoming): Promise<void> => {
      const { jobId } = event.payload as { jobId: number };
      seen.push(jobId);
      await handle(jobId);
    };
    await bus.attach({ service: 'runner-api', events: new Map([['job.finished', handler]]), requests: new Map() });
    const outbox = new Outbox(database, bus, Logger.silent(), { sweepIntervalMs: 1000, sweepAgeMs: 0 });
    const say = async (...jobs: number[]) => {
      const rows = await database.transaction((tx) => outbox.append(tx, jobs.map(finished)));
      outbox.publish(rows);
      return rows;
    };
    return { outbox, seen, say };
  }

  const position = async (): Promise<number> => (await database.first(positionOf, 'runner-api'))?.outbox_id ?? 0;
  const well = async (): Promise<void> => undefined;
  const hang = (): Promise<void> => new Promise(() => undefined);

  it('stays below what is being handled, and passes what is done', async () => {
    const { outbox, say, seen } = await start((job) => (job === 1 ? hang() : well()));
    const [first] = await say(1, 2, 3);
    await until(() => seen.length === 3, 'all are given');
    await outbox.runOnce();
    expect(await position()).toBe((first?.id ?? 0) - 1);
  });

  it('goes back for an event that was committed late', async () => {
    const before = await start((job) => (job === 1 ? hang() : well()));
    const early = await database.transaction(async (tx) => {
      const rows = await before.outbox.append(tx, [finished(1)]);
      const [second] = await before.say(2);
      await until(() => before.seen.length === 1, 'the second');
      await before.outbox.runOnce();
      expect(await position()).toBe(second?.id);
      return rows;
    });
    before.outbox.publish(early);
    await until(() => before.seen.length === 2, 'the first');
    await before.outbox.runOnce();
    expect(await position()).toBe((early[0]?.id ?? 0) - 1);
    const after = await start(well);
    await until(() => after.seen.includes(1), 'the first again');
  });

  it('finds an event that was committed late and never told', async () => {
    const before = await start(well);
    await database.transaction(async (tx) => {
      await before.outbox.append(tx, [finished(1)]);
      await before.say(2);
      await until(() => before.seen.length === 1, 'the second');
      await before.outbox.runOnce();
    });
    const after = await start(well);
    await after.outbox.runOnce();
    await until(() => after.seen.includes(1), 'the first');
    expect(after.seen).toEqual([1]);
  });

  it('keeps a wait through a restart, and lets the position pass', async () => {
    const before = await start(async () => {
      throw new RetryLater(400, 'later');
    });
    const began = performance.now();
    const [event] = await before.say(1);
    await until(() => before.seen.length === 1, 'the first go');
    await until(async () => {
      await before.outbox.runOnce();
      return (await position()) === event?.id;
    }, 'the position passes');
    await buses.splice(0)[0]?.stop();
    const after = await start(well);
    await until(() => after.seen.length === 1, 'the second go');
    expect(performance.now() - began).toBeGreaterThan(390);
  });

  it('handles more than it has room for, each once', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { outbox, say, seen } = await start(() => opened);
    const jobs = Array.from({ length: 7000 }, (_, n) => n);
    const rows = await say(...jobs);
    await outbox.runOnce();
    expect(await position()).toBe((rows[0]?.id ?? 0) - 1);
    open();
    await until(() => seen.length >= 7000, 'all');
    expect(new Set(seen).size).toBe(7000);
    expect(seen).toHaveLength(7000);
    await outbox.flush();
    await until(async () => {
      await outbox.runOnce();
      return (await position()) === rows.at(-1)?.id;
    }, 'the position is at the end');
  });

  it('drops old events that are done, and no others', async () => {
    const { outbox, say, seen } = await start((job) => (job === 2 ? hang() : well()));
    await say(1, 2, 3);
    await until(() => seen.length === 3, 'all are given');
    await outbox.flush();
    await database.run(ageEvents);
    await outbox.runOnce();
    expect(await database.first(countEvents)).toEqual({ n: 2 });
  });
});
