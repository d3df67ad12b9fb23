import { setTimeout as wait } from 'node:timers/promises';

import type { DataSource } from 'typeorm';

const tryAgainMs = 500;

/**
 * Connects to a database that may not be there yet: what is started together starts in any order.
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
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      onAway(error);
      await wait(tryAgainMs);
    }
  }
}
