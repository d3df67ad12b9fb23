import { describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { freshDatabase } from './fresh-database.js';

describe('a test database', () => {
  it('has every table and nothing of another test', async () => {
    const mine = await freshDatabase();
    const other = await freshDatabase();
    const client = new pg.Client({ connectionString: mine.url });
    await client.connect();
    await client.query(`INSERT INTO user_account (username, name) VALUES ('dana', 'Dana')`);
    const neighbour = new pg.Client({ connectionString: other.url });
    await neighbour.connect();
    const found = await neighbour.query('SELECT count(*)::int AS n FROM user_account');
    expect(found.rows).toEqual([{ n: 0 }]);
    await client.end();
    await neighbour.end();
    await mine.drop();
    await other.drop();
  });
});
