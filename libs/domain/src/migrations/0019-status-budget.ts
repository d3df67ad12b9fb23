import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an installation has left of its writes, for all processes that post statuses. The previous release runs on it. */
export class StatusBudget1764000000019 implements MigrationInterface {
  name = 'StatusBudget1764000000019';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE status_budget (
        installation_id bigint PRIMARY KEY,
        -- Writes saved up at this moment; more are saved as time passes.
        saved double precision NOT NULL,
        at timestamptz NOT NULL
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
