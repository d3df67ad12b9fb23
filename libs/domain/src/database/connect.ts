import { setTimeout as wait } from 'node:timers/promises';

import type { DataSource } from 'typeorm';

import { Database } from './database.js';
import { poolerIn, refusePooler } from './refuse-pooler.js';

const tryAgainMs = 500;

/**
 * Connects to a database that may not be there yet: what is started together starts in any order. Throws PoolerBetween
 * at once where connections are shared, since waiting does not help.
 *
 * @param waitMs how long to try; the last error is thrown then
 * @param onAway is given the error of each time that it was tried in vain
 */
export async function connectWhenThere(
  dataSource: DataSource,
  waitMs: number,
  onAway: (error: unknown) => void,
): Promise<void> {
  const end = performance.now() + waitMs;
  for (;;) {
    try {
      await dataSource.initialize();
      await refusePooler(new Database(dataSource).pool);
      return;
    } catch (error) {
      if (dataSource.isInitialized) await dataSource.destroy();
      const pooler = poolerIn(error);
      if (pooler) throw pooler;
      if (performance.now() > end) throw error;
      onAway(error);
      await wait(tryAgainMs);
    }
  }
}
