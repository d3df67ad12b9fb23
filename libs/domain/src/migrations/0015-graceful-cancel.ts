import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which managers end a job in peace when they are told to. The previous release runs on it. */
export class GracefulCancel1764000000015 implements MigrationInterface {
  name = 'GracefulCancel1764000000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- False for runners that do not understand "canceling": their jobs end as canceled at once.
      ALTER TABLE runner_manager ADD COLUMN cancels_gracefully boolean NOT NULL DEFAULT true;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
