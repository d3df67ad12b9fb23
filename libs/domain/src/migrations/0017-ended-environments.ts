import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What jobs left and is gone, and environments that a person has stopped. The previous release still runs on it:
 * the new columns have defaults.
 */
export class EndedEnvironments1764000000017 implements MigrationInterface {
  name = 'EndedEnvironments1764000000017';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Its archive was dropped when its time was over: what depends on it cannot run any more.
      ALTER TABLE job ADD COLUMN archive_expired boolean NOT NULL DEFAULT false;
      -- Stopped without a job that does it; a later deployment makes it available again.
      ALTER TABLE environment ADD COLUMN stopped_at timestamptz;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
