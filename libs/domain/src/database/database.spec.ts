import { freshDatabase, type FreshDatabase, until } from '@crosstie/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createDataSource, Database } from '../index.js';

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
});
