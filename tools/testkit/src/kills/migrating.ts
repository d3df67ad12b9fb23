import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from '@jest/globals';
import pg from 'pg';

import { emptyDatabase } from '../fresh-database.js';
import type { House } from './house.js';
import { Serve } from './serve.js';

/** In which migration, counted from the first, the process dies. */
const nth = 3;

/** A server of its own, whose database has nothing in it yet, dies within its migrations. */
export async function migrationIsKilled(house: House): Promise<void> {
  await house.server.start();
  const database = await emptyDatabase();
  const directory = join(house.directory, 'migrating');
  await mkdir(directory);
  const server = await Serve.at({ directory, github: house.github.url, databaseUrl: database.url });
  const applied = () => rowsOf(database.url, 'SELECT name FROM migrations ORDER BY id');
  try {
    server.launch({ CROSSTIE_FAULTS: `migrate.mid=kill@${nth}`, CROSSTIE_ALLOW_FAULTS: 'yes' });
    await server.died();
    const whole = await applied();
    expect(whole).toHaveLength(nth - 1);
    await server.start();
    const all = await applied();
    expect(all.slice(0, nth - 1)).toEqual(whole);
    expect(all.length).toBeGreaterThan(nth);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(await server.stop()).toBe(0);
  } finally {
    await server.stop();
    await database.drop();
  }
}

async function rowsOf(url: string, sql: string): Promise<{ name: string }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ name: string }>(sql)).rows;
  } finally {
    await client.end();
  }
}
