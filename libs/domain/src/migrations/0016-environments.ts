import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Environments, which jobs work on them, and which pipeline ended which. The previous release still runs on it:
 * the new columns may be empty.
 */
export class Environments1764000000016 implements MigrationInterface {
  name = 'Environments1764000000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE environment (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        project_id bigint NOT NULL REFERENCES project (id),
        name text NOT NULL,
        slug text NOT NULL,
        tier text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (project_id, name)
      );

      -- What stands where follows from the jobs: the last that ended well deploys or stops.
      ALTER TABLE job
        ADD COLUMN environment text,
        ADD COLUMN environment_action text,
        ADD COLUMN environment_url text,
        -- Percent, as the log's last match of the job's pattern says.
        ADD COLUMN coverage real;
      CREATE INDEX job_environment ON job (project_id, environment, id DESC) WHERE environment IS NOT NULL;

      -- The newer pipeline of the branch that made this one redundant.
      ALTER TABLE pipeline ADD COLUMN auto_canceled_by bigint;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
