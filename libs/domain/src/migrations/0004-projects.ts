import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Installations of the App and the repositories they reach. */
export class Projects1764000000004 implements MigrationInterface {
  name = 'Projects1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE installation (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        host text NOT NULL,
        github_installation_id bigint NOT NULL,
        account_id bigint NOT NULL,
        account_login text NOT NULL,
        account_type text NOT NULL,
        permissions jsonb NOT NULL DEFAULT '{}',
        repository_selection text NOT NULL DEFAULT 'selected',
        suspended_at timestamptz,
        deleted_at timestamptz,
        -- GitHub's own time of the last change taken in: an older event that arrives late changes nothing.
        changed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (host, github_installation_id)
      );

      CREATE TABLE project (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        host text NOT NULL,
        github_repository_id bigint NOT NULL,
        installation_id bigint NOT NULL REFERENCES installation (id),
        full_name text NOT NULL,
        default_branch text,
        private boolean NOT NULL DEFAULT true,
        archived boolean NOT NULL DEFAULT false,
        enabled boolean NOT NULL DEFAULT true,
        config_path text NOT NULL DEFAULT 'gitlab/.gitlab-ci.yml',
        status_context text NOT NULL DEFAULT 'crosstie',
        clone_with text NOT NULL DEFAULT 'person' CHECK (clone_with IN ('person', 'installation')),
        -- Of the last pipeline; taken in the statement that inserts the next one.
        last_iid bigint NOT NULL DEFAULT 0,
        -- Raised when somebody loses a right; queue entries carry the value they were made under.
        rights_epoch integer NOT NULL DEFAULT 0,
        artifact_size_max bigint NOT NULL DEFAULT 1073741824,
        trace_size_max bigint NOT NULL DEFAULT 104857600,
        -- The repository left the installation; the project and its history stay.
        removed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (host, github_repository_id)
      );
      CREATE INDEX project_full_name ON project (lower(full_name));
      CREATE INDEX project_installation ON project (installation_id);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
