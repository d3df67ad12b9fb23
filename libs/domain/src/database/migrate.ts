import type { DataSource } from 'typeorm';

/** Any fixed number serves, as long as every process takes the same one. */
export const migrationLock = 7_305_519;

/**
 * Applies what is missing, in order. Safe to call from several processes at once: they take turns on
 * an advisory lock and the later ones find nothing left to do.
 *
 * @returns the names of the migrations applied by this call
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    return applied.map((migration) => migration.name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined);
    await runner.release();
  }
}

/** Whether a migration of this release has not been applied yet. */
export async function migrationsPending(dataSource: DataSource): Promise<boolean> {
  // Asked first, because TypeORM would make its table, which a service may not.
  const [found] = await dataSource.query<{ there: boolean }[]>("SELECT to_regclass('migrations') IS NOT NULL AS there");
  return !found?.there || dataSource.showMigrations();
}
