import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { type EmbeddedDatabase, embeddedDatabaseUrl, startEmbeddedDatabase } from './embedded-database.js';

describe('the embedded PostgreSQL', () => {
  let directory: string;
  let database: EmbeddedDatabase;

  beforeAll(async () => {
    // Mode 700 of our own: under root, `nobody` cannot enter it.
    directory = await mkdtemp(join(tmpdir(), 'crosstie-embedded-'));
    database = await startEmbeddedDatabase({ directory: join(directory, 'postgres') });
  }, 60_000);

  afterAll(async () => {
    await database.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function query(url: string, sql: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows as unknown[];
    } finally {
      await client.end();
    }
  }

  it('runs without root, on loopback, with a password', async () => {
    expect(await query(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const status = await readFile(`/proc/${database.pid}/status`, 'utf8').catch(() => null);
    if (status) expect(status).toMatch(/^CapEff:\s+0+$/m);
    const wrong = new URL(database.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });

  it('tells an operator where it is', async () => {
    expect(await embeddedDatabaseUrl(join(directory, 'postgres'))).toBe(database.url);
    expect(await embeddedDatabaseUrl(join(directory, 'elsewhere'))).toBeNull();
  });

  it('keeps a committed row when it is killed, and starts again over what was left', async () => {
    await query(database.url, 'CREATE TABLE kept (n integer)');
    await query(database.url, 'INSERT INTO kept VALUES (7)');
    process.kill(database.pid, 'SIGKILL');
    database = await startEmbeddedDatabase({ directory: join(directory, 'postgres') });
    expect(await query(database.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  }, 60_000);

  it('stops a server that outlived its parent, and starts anew', async () => {
    const left = database.pid;
    database = await startEmbeddedDatabase({ directory: join(directory, 'postgres') });
    expect(database.pid).not.toBe(left);
    expect(() => process.kill(left, 0)).toThrow();
    expect(await query(database.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  }, 60_000);
});
