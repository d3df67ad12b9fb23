import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { DatabaseUnderTest } from '../storm/database-under-test.js';
import { until } from '../until.js';
import { runByHand, runnersOf } from './by-hand.js';
import { House, type Push, type PushOptions } from './house.js';
import { Journal } from './journal.js';
import { deliveriesOf, expectOneOutcome } from './outcome.js';

const pushes = 20;
/** Of a server with all services in one process. */
const connectionsMax = 20;

/** PostgreSQL itself goes away below a running server, and comes back. */
describe('a database that is down', () => {
  let directory: string;
  let database: DatabaseUnderTest;
  let house: House;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crosstie-down-'));
    database = await DatabaseUnderTest.start(join(directory, 'postgres'));
    house = await House.build({ databaseUrl: database.url });
  }, 60_000);

  afterAll(async () => {
    await house?.tearDown();
    await database?.stop();
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  const readiness = async () => (await fetch(`${house.server.url}/readyz`)).status;

  /** Pushes that Crosstie cannot store. @returns them, once GitHub knows that each was answered with 503 */
  async function pushInVain(count: number, withinMs: number, runs: PushOptions['runs']): Promise<Push[]> {
    const pushed: Push[] = [];
    for (let nth = 0; nth < count; nth += 1) pushed.push(await house.push({ runs }));
    const shas = new Set(pushed.map(({ sha }) => sha));
    const sent = await until(async () => {
      const all = await house.github.deliveries({ event: 'push' });
      const found = all.filter(({ done, payload }) => done && shas.has((payload as { after: string }).after));
      return found.length === count && found;
    }, 'GitHub to know what came of every delivery');
    expect(sent.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: count }, () => 503));
    for (const { sentNs, answeredNs } of sent) {
      expect(Number(BigInt(answeredNs ?? 0) - BigInt(sentNs ?? 0)) / 1e6).toBeLessThan(withinMs);
    }
    return pushed;
  }

  it('answers 503 within two seconds to each push, and takes all of them in afterwards (F3)', async () => {
    await runnersOf(house);
    await database.stop();
    await until(async () => (await readiness()) === 503, 'the server to say that it is not ready');
    const pushed = await pushInVain(pushes, 2_000, 'by hand');

    const { url } = database;
    await database.startAgain();
    expect(database.url).toBe(url);
    await until(async () => (await readiness()) === 200, 'the server to be ready again');
    const journal = new Journal();
    for (let nth = 0; nth < pushed.length; nth += 1) await runByHand(house, journal);
    for (const push of pushed) {
      await expectOneOutcome(house, push, { journal });
      expect(await deliveriesOf(house, push)).toMatchObject([{ recovered: true }]);
    }
  }, 120_000);

  it('answers 503 as soon when every connection hangs, and decides on each push once afterwards (F4)', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('BEGIN; LOCK TABLE webhook_delivery IN ACCESS EXCLUSIVE MODE');
    const pushed = await pushInVain(connectionsMax + 10, 3_000, 'nothing');
    await client.query('ROLLBACK');
    await client.end();
    // Some are stored by the statements that hung, the others by recovery.
    for (const push of pushed) {
      const done = { state: 'done', reason: 'no_ci_file', pipeline_ids: [] };
      await until(async () => (await deliveriesOf(house, push))[0]?.state === 'done', 'each push to be decided');
      expect(await deliveriesOf(house, push)).toMatchObject([done]);
    }
    expect(await house.server.stop()).toBe(0);
  }, 120_000);
});
