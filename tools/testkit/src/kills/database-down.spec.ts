import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '@crosstie/embedded-database';

import { until } from '../until.js';
import { runByHand, runnersOf } from './by-hand.js';
import { House, type Push } from './house.js';
import { Journal } from './journal.js';
import { deliveriesOf, expectOneOutcome } from './outcome.js';

const pushes = 20;

/** PostgreSQL itself goes away below a running server, and comes back. */
describe('a database that is down', () => {
  let directory: string;
  let database: EmbeddedDatabase;
  let house: House;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crosstie-down-'));
    database = await startDatabase();
    house = await House.build({ databaseUrl: database.url });
  }, 60_000);

  afterAll(async () => {
    await house?.tearDown();
    await database?.stop();
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  function startDatabase(): Promise<EmbeddedDatabase> {
    return startEmbeddedDatabase({ directory: join(directory, 'postgres'), fsync: false });
  }

  const readiness = async () => (await fetch(`${house.server.url}/readyz`)).status;

  it('answers 503 within two seconds to each push, and takes all of them in afterwards (F3)', async () => {
    await runnersOf(house);
    await database.stop();
    await until(async () => (await readiness()) === 503, 'the server to say that it is not ready');

    const pushed: Push[] = [];
    for (let nth = 0; nth < pushes; nth += 1) pushed.push(await house.push({ byHand: true }));
    const sent = await until(async () => {
      const found = (await house.github.deliveries({ event: 'push' })).filter(({ done }) => done);
      return found.length === pushes && found;
    }, 'GitHub to know what came of every delivery');
    expect(sent.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: pushes }, () => 503));
    for (const { sentNs, answeredNs } of sent) {
      expect(Number(BigInt(answeredNs ?? 0) - BigInt(sentNs ?? 0)) / 1e6).toBeLessThan(2_000);
    }

    const url = database.url;
    database = await startDatabase();
    expect(database.url).toBe(url);
    await until(async () => (await readiness()) === 200, 'the server to be ready again');
    const journal = new Journal();
    for (let nth = 0; nth < pushes; nth += 1) await runByHand(house, journal);
    for (const push of pushed) {
      await expectOneOutcome(house, push, { journal });
      expect(await deliveriesOf(house, push)).toMatchObject([{ recovered: true }]);
    }
    expect(await house.server.stop()).toBe(0);
  }, 120_000);
});
