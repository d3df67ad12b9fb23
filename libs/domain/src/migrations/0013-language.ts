import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the language asks of jobs beside running once: tries, times, persons, resources. The previous release
 * still runs on it: each column has a default that means "none of it".
 */
export class Language1764000000013 implements MigrationInterface {
  name = 'Language1764000000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE job
        -- Which try this row is, from 1 on.
        ADD COLUMN try integer NOT NULL DEFAULT 1,
        -- Failed, and somebody set the pipeline going in spite of it: nothing follows from it any more.
        ADD COLUMN is_past boolean NOT NULL DEFAULT false,
        -- When a delayed job starts.
        ADD COLUMN scheduled_at timestamptz,
        -- The key of the resource that it has to hold while it runs, expanded.
        ADD COLUMN resource_group text;
      CREATE INDEX job_scheduled ON job (scheduled_at) WHERE status = 'scheduled';
      CREATE INDEX job_resource ON job (project_id, resource_group, id)
        WHERE resource_group IS NOT NULL
          AND status IN ('created', 'scheduled', 'waiting_for_resource', 'pending', 'running', 'canceling');

      -- Variables given when a job was played, for all its tries from then on: one sealed JSON list of them.
      CREATE TABLE job_variables (
        pipeline_id bigint NOT NULL REFERENCES pipeline (id),
        attempt integer NOT NULL,
        index integer NOT NULL,
        key_id text NOT NULL,
        sealed bytea NOT NULL,
        PRIMARY KEY (pipeline_id, attempt, index)
      );

      -- One at a time of the jobs that name it. Its holder is the job of the group that is queued or runs.
      CREATE TABLE resource_group (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        project_id bigint NOT NULL REFERENCES project (id),
        key text NOT NULL,
        process_mode text NOT NULL DEFAULT 'unordered'
          CHECK (process_mode IN ('unordered', 'oldest_first', 'newest_first', 'newest_ready_first')),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (project_id, key)
      );

      -- Whether a newer pipeline of a branch ends the older ones.
      ALTER TABLE project ADD COLUMN auto_cancel boolean NOT NULL DEFAULT true;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
