import { createContext, type ServiceContext, type ServiceName, serviceNames } from '@crosstie/messaging';
import { type ConfigValues, CrosstieConfig, loadConfig, Logger, Secret } from '@crosstie/platform';

import { freshDatabase } from './fresh-database.js';
import { TestClock } from './test-clock.js';

export interface TestContext extends ServiceContext {
  readonly clock: TestClock;
  readonly databaseUrl: string;
}

export interface TestContextOptions {
  /** Default: all of them. */
  services?: readonly ServiceName[];
  /** What the configuration should hold besides what every test needs. */
  config?: Partial<ConfigValues>;
  logger?: Logger;
  clock?: TestClock;
  /** A database that is there already, for a second process's context on the same one. */
  databaseUrl?: string;
}

const classes = ['hook', 'app', 'users', 'leases', 'variables', 'oidc'];

/** One key for each of the classes; only tests know them. */
export function testKeysOf(wanted: readonly string[]): string {
  return wanted
    .map((name) => `${name}:test:${Buffer.alloc(32, classes.indexOf(name) + 1).toString('base64')}`)
    .join(',');
}

/** One for each class. */
export const testKeys = testKeysOf(classes);

/**
 * What a service module is made with, on a database of its own and the bus inside the process.
 * `stop()` also drops the database that this call made.
 */
export async function testContext(options: TestContextOptions = {}): Promise<TestContext> {
  const made = options.databaseUrl === undefined ? await freshDatabase() : null;
  const databaseUrl = options.databaseUrl ?? made?.url ?? '';
  const clock = options.clock ?? new TestClock();
  const context = await createContext(testConfig(databaseUrl, options.config), options.services ?? serviceNames, {
    clock,
    logger: options.logger ?? Logger.silent(),
  });
  return {
    ...context,
    clock,
    databaseUrl,
    async stop() {
      await context.stop();
      await made?.drop();
    },
  };
}

/** A configuration for tests: a free port, silent, quick sweeps, known keys. */
export function testConfig(databaseUrl: string, values: Partial<ConfigValues> = {}): CrosstieConfig {
  const base = loadConfig({
    CROSSTIE_PORT: '0',
    CROSSTIE_METRICS_PORT: '0',
    CROSSTIE_LOG_LEVEL: 'silent',
    CROSSTIE_SWEEP_INTERVAL: '1s',
    CROSSTIE_ENCRYPTION_KEYS: testKeys,
  });
  return new CrosstieConfig({ ...base, databaseUrl: new Secret(databaseUrl), ...values });
}
