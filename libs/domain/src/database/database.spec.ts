import { freshDatabase, type FreshDatabase, until } from '@crosstie/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createDataSource, Database, statement } from '../index.js';

const add = statement<[id: number], never>('test_add', { pair: 'u' }, 'UPDATE pair SET n = n + 1 WHERE id = $1');

describe('a transaction', () => {
  let fresh: FreshDatabase;
  let db: Database;

  beforeAll(async () => {
    fresh = await freshDatabase();
    const dataSource = createDataSource({ url: fresh.url, applicationName: 'test' });
    await dataSource.initialize();
    db = new Database(dataSource);
  });

  afterAll(async () => {
    await db.dataSource.destroy();
    await fresh.drop();
  });

  const backends = async (pid: number): Promise<number> =>
    (await db.pool.query('SELECT FROM pg_stat_activity WHERE pid = $1', [pid])).rowCount ?? 0;

  it('whose connection ends between two statements fails alone, and the process goes on (F10)', async () => {
    const work = db.transaction(async ({ client }) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const pid = rows[0]?.pid ?? 0;
      const ended = new Promise((done) => client.once('end', done));
      await db.pool.query('SELECT pg_terminate_backend($1)', [pid]);
      await until(async () => (await backends(pid)) === 0, 'the backend to be gone');
      await ended;
      await client.query('SELECT 1');
    });
    await expect(work).rejects.toThrow();
    const next = await db.transaction(async ({ client }) => (await client.query('SELECT 1 AS one')).rows);
    expect(next).toEqual([{ one: 1 }]);
  });

  describe('that PostgreSQL breaks off in favour of another one (F13)', () => {
    let attempts: number;

    beforeAll(async () => {
      await db.pool.query('CREATE TABLE pair (id integer PRIMARY KEY, n integer NOT NULL)');
      await db.pool.query('INSERT INTO pair VALUES (1, 0), (2, 0)');
    });

    /** Two that take the same rows in opposite order, each once the other has its first. */
    async function meet(how: 'transaction' | 'transactionOnce'): Promise<PromiseSettledResult<void>[]> {
      attempts = 0;
      let waiting = 2;
      let open = (): void => undefined;
      const both = new Promise<void>((done) => (open = done));
      const take = (first: number, second: number): Promise<void> =>
        db[how](async (tx) => {
          attempts += 1;
          await tx.run(add, first);
          if ((waiting -= 1) === 0) open();
          await both;
          await tx.run(add, second);
        });
      return Promise.allSettled([take(1, 2), take(2, 1)]);
    }

    it('is done again as a whole, so that both come through', async () => {
      const ended = await meet('transaction');
      expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
      expect(attempts).toBe(3);
      expect((await db.pool.query('SELECT n FROM pair')).rows).toEqual([{ n: 2 }, { n: 2 }]);
    });

    it('is not done again where it has told others what cannot be taken back', async () => {
      const ended = await meet('transactionOnce');
      expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(attempts).toBe(2);
      expect((await db.pool.query('SELECT n FROM pair')).rows).toEqual([{ n: 3 }, { n: 3 }]);
    });

    it('is given up after five times', async () => {
      let times = 0;
      const always = db.transaction(async ({ client }) => {
        times += 1;
        await client.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
      });
      await expect(always).rejects.toThrow('again');
      expect(times).toBe(5);
    });
  });
});
