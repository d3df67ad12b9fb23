import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { connectWhenThere, createDataSource, migrate, PoolerBetween } from '@crosstie/domain';
import {
  answerWhileWaiting,
  armFaults,
  ConfigError,
  createLogger,
  type CrosstieConfig,
  exitOnConfigError,
  faultPoint,
  isError,
  loadConfig,
  type Logger,
  Secret,
} from '@crosstie/platform';
import { keysFromFile } from '@crosstie/token-vault';

import { KeptDatabase } from './kept-database.js';
import { startJoined } from './start-joined.js';

/** Services that are started together come up in any order; a database that never comes is a mistake to be told. */
const databaseWaitMs = 60_000;

/**
 * Starts everything of one server, and returns when it listens or could not start.
 *
 * @param onEarlyEnd is given what must be done when the process has to end before that
 */
export async function serve(
  data: string,
  port: number,
  onEarlyEnd: (step: () => Promise<unknown>) => void,
): Promise<void> {
  await mkdir(data, { recursive: true });
  const settings = exitOnConfigError(() =>
    loadConfig(process.env, {
      port,
      objectStore: pathToFileURL(join(data, 'objects')).href,
    }),
  );
  const logger = await createLogger(settings, 'crosstie');
  const encryptionKeys = settings.encryptionKeys ?? (await ownKeys(join(data, 'encryption-keys')));
  const lost = (error: unknown): void => {
    logger.fatal('the embedded database is lost', { err: error });
    process.exit(1);
  };
  const starting = settings.databaseUrl ? null : KeptDatabase.start(join(data, 'postgres'), logger, lost);
  let leaving = false;
  onEarlyEnd(async () => {
    leaving = true;
    logger.info('stopping before it listens');
    await (await starting)?.stop();
  });
  const embedded = await starting;
  const config = { ...settings, encryptionKeys, databaseUrl: settings.databaseUrl ?? new Secret(embedded?.url ?? '') };
  try {
    armFaults(config.faults);
    await migrateDatabase(settings, config.databaseUrl, logger);
    await startJoined(config, { logger, onStopped: async () => embedded?.stop() });
  } catch (error) {
    // What is taken away below the start on purpose is no failure.
    if (leaving) return;
    if (error instanceof PoolerBetween) {
      exitOnConfigError(() => {
        throw new ConfigError([`CROSSTIE_DATABASE_URL: ${error.message}`]);
      });
    }
    logger.fatal('could not start', { err: error });
    await embedded?.stop();
    // What was begun before the failure would keep a process alive that listens to nobody and that nobody starts again.
    process.exit(1);
  }
}

function ownKeys(path: string): Promise<Secret> {
  return keysFromFile(path).catch((error: unknown) =>
    exitOnConfigError(() => {
      throw error;
    }),
  );
}

/** Brings it to this release. One that stands elsewhere may still be starting; `/readyz` tells what is waited for. */
async function migrateDatabase(config: CrosstieConfig, url: Secret, logger: Logger): Promise<void> {
  const dataSource = createDataSource({ url: url.reveal(), applicationName: 'crosstie migrate', poolSize: 2 });
  const waiting = await answerWhileWaiting('crosstie', config);
  try {
    await connectWhenThere(dataSource, databaseWaitMs, (error) => {
      logger.warn('waiting for the database', { err: error });
      waiting.waitsFor('database', isError(error) ? error.message : 'it does not answer');
    });
    const applied = await migrate(dataSource, () => faultPoint('migrate.mid'));
    if (applied.length > 0) logger.info('the database was brought to this release', { migrations: applied.length });
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await waiting.close();
  }
}
