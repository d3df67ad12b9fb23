import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Environments that end by themselves. The previous release still runs on it. */
export class AutoStop1764000000018 implements MigrationInterface {
  name = 'AutoStop1764000000018';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- So long after a job that deployed has ended well its environment is stopped; null: never.
      ALTER TABLE job ADD COLUMN environment_stops_s bigint;
      CREATE INDEX job_stops ON job (project_id, environment) WHERE environment_stops_s IS NOT NULL AND status = 'success';
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
