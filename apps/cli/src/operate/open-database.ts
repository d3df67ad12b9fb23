import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { createDataSource, Database } from '@crosstie/domain';
import { embeddedDatabaseUrl } from '@crosstie/embedded-database';

import { CommandError, exitStatus } from '../exit-status.js';
import { defaultDataDirectory } from '../run/serve.js';

/**
 * Connects to the database of the server that the operator means: `--data DIR` of a running
 * `crosstie serve`, else CROSSTIE_DATABASE_URL, else the default data directory.
 */
export async function withDatabase<T>(data: string | undefined, work: (database: Database) => Promise<T>): Promise<T> {
  const dataSource = createDataSource({ url: await findUrl(data), applicationName: 'crosstie admin', poolSize: 2 });
  await dataSource.initialize().catch((cause: unknown) => {
    throw new CommandError(
      `The database cannot be reached (${cause instanceof Error ? cause.message : 'unknown'}): is the server running?`,
      exitStatus.unreachable,
    );
  });
  try {
    return await work(new Database(dataSource));
  } finally {
    await dataSource.destroy();
  }
}

async function findUrl(data: string | undefined): Promise<string> {
  const configured = data === undefined ? configuredUrl() : undefined;
  if (configured) return configured;
  const directory = resolve(data ?? defaultDataDirectory());
  const url = await embeddedDatabaseUrl(`${directory}/postgres`);
  if (url) return url;
  throw new CommandError(
    `No server's database below ${directory}: give --data DIR as for crosstie serve, or set CROSSTIE_DATABASE_URL`,
    exitStatus.configuration,
  );
}

function configuredUrl(): string | undefined {
  const file = process.env['CROSSTIE_DATABASE_URL_FILE'];
  return file ? readFileSync(file, 'utf8').trim() : process.env['CROSSTIE_DATABASE_URL'];
}
