import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What GitHub should show on a commit, and what it does. */
export class Verdicts1764000000009 implements MigrationInterface {
  name = 'Verdicts1764000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE commit_status (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        project_id bigint NOT NULL REFERENCES project (id),
        installation_id bigint NOT NULL,
        sha text NOT NULL,
        context text NOT NULL,
        pipeline_id bigint NOT NULL,
        -- Raised with every new wanted state; what was sent carries the version it was sent for.
        version bigint NOT NULL DEFAULT 1,
        wanted_state text NOT NULL CHECK (wanted_state IN ('pending', 'success', 'failure', 'error')),
        wanted_description text NOT NULL,
        target_url text NOT NULL,
        final boolean NOT NULL DEFAULT false,
        -- The pipeline's state and version from which the wanted state was made: a sweep compares the one, and
        -- no earlier version takes the place of a later one.
        pipeline_status text NOT NULL DEFAULT '',
        pipeline_version integer NOT NULL DEFAULT 0,
        sent_version bigint NOT NULL DEFAULT 0,
        sent_state text,
        sent_at timestamptz,
        -- Whoever sends it holds it until then, so that two never do at once; claim tells them apart.
        sending_until timestamptz,
        claim integer NOT NULL DEFAULT 0,
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        last_error text,
        -- Given up: GitHub refuses this one for good, and last_error says why.
        refused_at timestamptz,
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (project_id, sha, context)
      );
      CREATE INDEX commit_status_open ON commit_status (installation_id, final DESC, next_attempt_at)
        WHERE sent_version < version AND refused_at IS NULL;
      CREATE INDEX commit_status_unfinished ON commit_status (pipeline_id) WHERE NOT final;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
