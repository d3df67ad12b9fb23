import { setTimeout as wait } from 'node:timers/promises';

import { migrationsPending, PoolerBetween } from '@crosstie/domain';
import {
  ConfigError,
  type CrosstieConfig,
  type Logger,
  type RunningService,
  type WaitingServer,
  answerWhileWaiting,
  createLogger,
  exitOnConfigError,
  isError,
  loadConfig,
  startService,
} from '@crosstie/platform';
import type { DynamicModule } from '@nestjs/common';

import { attachBus } from './attach-bus.js';
import { type ServiceContext, createContext } from './context.js';
import type { ServiceName } from './service-name.js';

/** A service's module, as its door gives it. */
export interface ServiceModule {
  register(context: ServiceContext): DynamicModule;
}

/**
 * Runs one service as a process of its own: configuration, database, bus, HTTP. It waits for a database that is not
 * there or older than this release, as long as it takes, and says so on `/readyz`. SIGTERM stops consumers, flushes
 * the outbox and ends the process with status 0.
 */
export async function runService(name: ServiceName, module: ServiceModule): Promise<RunningService> {
  const config = exitOnConfigError(() => configOfService(process.env));
  const logger = await createLogger(config, name);
  const context = await contextWhenPossible(config, name, logger);
  try {
    return await startService({
      name,
      // A key that is missing is told as every other mistake in the configuration is.
      module: exitOnConfigError(() => module.register(context)),
      config,
      logger,
      prepare: (app) => attachBus(app, context, [name]),
      onStopped: () => context.stop(),
    });
  } catch (error) {
    logger.fatal('could not start', { err: error });
    // Half of it may run by now, and listens to nobody: whoever watches over it is to start it anew.
    process.exit(1);
  }
}

async function contextWhenPossible(config: CrosstieConfig, name: ServiceName, logger: Logger): Promise<ServiceContext> {
  const waiting = await answerWhileWaiting(name, config);
  try {
    const context = await createContext(config, name, {
      logger,
      databaseWaitMs: Infinity,
      onDatabaseAway: (error) => waiting.waitsFor('database', isError(error) ? error.message : 'it does not answer'),
    });
    await schemaIsThere(context, waiting);
    return context;
  } catch (error) {
    if (!(error instanceof PoolerBetween)) throw error;
    return exitOnConfigError(() => {
      throw new ConfigError([`CROSSTIE_DATABASE_URL: ${error.message}`]);
    });
  } finally {
    await waiting.close();
  }
}

/** Migrations are run by somebody else, perhaps at this moment; an older database is not served. */
async function schemaIsThere({ database, logger }: ServiceContext, waiting: WaitingServer): Promise<void> {
  for (;;) {
    const trouble = await migrationsPending(database.dataSource).then(
      (pending) => (pending ? 'it is older than this release; run crosstie migrate' : null),
      (error: unknown) => (isError(error) ? error.message : 'it does not answer'),
    );
    if (trouble === null) return;
    waiting.waitsFor('database', trouble);
    logger.warn('waiting for the migrations of the database', { trouble });
    await wait(1000);
  }
}

/** A service alone needs what all-in-one brings itself. */
function configOfService(env: NodeJS.ProcessEnv): CrosstieConfig {
  const config = loadConfig(env);
  const missing = [
    ...(config.databaseUrl ? [] : ['CROSSTIE_DATABASE_URL: is missing; a service alone needs a PostgreSQL']),
    ...(config.natsUrl ? [] : ['CROSSTIE_NATS_URL: is missing; a service alone needs NATS to reach the others']),
  ];
  if (missing.length > 0) throw new ConfigError(missing);
  return config;
}
