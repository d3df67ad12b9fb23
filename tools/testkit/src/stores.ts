import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createDataSource, grantServices, migrate } from '@crosstie/domain';
import { startEmbeddedDatabase } from '@crosstie/embedded-database';
import pg from 'pg';

import { templateName } from './fresh-database.js';
import { startNatsServer } from './nats-server.js';

/**
 * Runs a command with a PostgreSQL (no fsync: only tests may) and, where there is one, a nats-server:
 * `stores COMMAND…`. Both are found by the command through CROSSTIE_TEST_DATABASE_URL and
 * CROSSTIE_TEST_NATS_URL, and are gone when it ends. The exit status is the command's.
 */
async function main(): Promise<number> {
  const [command, ...parameters] = process.argv.slice(2);
  if (!command) throw new Error('usage: stores COMMAND…');
  const directory = await mkdtemp(join(tmpdir(), 'crosstie-test-'));
  const database = await startEmbeddedDatabase({
    directory: join(directory, 'postgres'),
    fsync: false,
    settings: ['full_page_writes=off', 'max_connections=400', 'shared_buffers=256MB'],
  });
  const nats = await startNatsServer(join(directory, 'nats'));
  try {
    await makeTemplate(database.url);
    return await run(command, parameters, {
      CROSSTIE_TEST_DATABASE_URL: database.url,
      ...(nats ? { CROSSTIE_TEST_NATS_URL: nats.url } : {}),
    });
  } finally {
    await nats?.stop();
    await database.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function makeTemplate(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${templateName}`);
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${templateName}`;
  const dataSource = createDataSource({ url: url.href, applicationName: 'crosstie template' });
  await dataSource.initialize();
  await migrate(dataSource);
  await grantServices(dataSource);
  await dataSource.destroy();
}

function run(command: string, parameters: string[], added: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, parameters, { stdio: 'inherit', env: { ...process.env, ...added } });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (code) => done(code ?? 1));
  });
}

process.exitCode = await main();
