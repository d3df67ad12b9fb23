import { randomBytes } from 'node:crypto';

import pg from 'pg';

export interface FreshDatabase {
  url: string;
  drop(): Promise<void>;
}

/** The migrated database that every test's own is copied from. */
export const templateName = 'crosstie_template';

/**
 * A database of one's own: a copy of the migrated template on the server of this test run.
 * The server is started by `script/test` or `script/stores`.
 */
export function freshDatabase(): Promise<FreshDatabase> {
  return makeDatabase(`TEMPLATE ${templateName}`);
}

/** A database of one's own with nothing in it. */
export function emptyDatabase(): Promise<FreshDatabase> {
  return makeDatabase('');
}

async function makeDatabase(options: string): Promise<FreshDatabase> {
  const server = process.env['CROSSTIE_TEST_DATABASE_URL'];
  if (!server) throw new Error('No test database: run this through script/test or script/stores');
  const name = `t_${randomBytes(8).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name} ${options}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function administer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
