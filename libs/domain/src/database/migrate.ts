import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';

/** Any fixed number serves, as long as every process takes the same one. */
export const migrationLock = 7_305_519;

/**
 * Applies what is missing, in order, each in a transaction of its own. Safe to call from several processes at once:
 * they take turns on an advisory lock and the later ones find nothing left to do. One that is killed leaves whole
 * migrations behind and none by half; the next goes on with the first that is missing.
 *
 * @param beforeCommit runs within the transaction of each migration, after its work
 * @returns the names of the migrations applied by this call
 */
export async function migrate(
  dataSource: DataSource,
  beforeCommit: () => Promise<void> | void = () => undefined,
): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    return await applyMissing(dataSource, runner, beforeCommit);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined);
    await runner.release();
  }
}

async function applyMissing(
  dataSource: DataSource,
  runner: QueryRunner,
  beforeCommit: () => Promise<void> | void,
): Promise<string[]> {
  const executor = new MigrationExecutor(dataSource, runner);
  const applied: string[] = [];
  for (const migration of await executor.getPendingMigrations()) {
    await runner.startTransaction();
    try {
      await executor.executeMigration(migration);
      await beforeCommit();
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    }
    applied.push(migration.name);
  }
  return applied;
}

/** Whether a migration of this release has not been applied yet. */
export async function migrationsPending(dataSource: DataSource): Promise<boolean> {
  // Asked first, because TypeORM would make its table, which a service may not.
  const [found] = await dataSource.query<{ there: boolean }[]>("SELECT to_regclass('migrations') IS NOT NULL AS there");
  return !found?.there || dataSource.showMigrations();
}
