import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Runners and the managers that run with their tokens. */
export class Runners1764000000007 implements MigrationInterface {
  name = 'Runners1764000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE runner (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        runner_type text NOT NULL CHECK (runner_type IN ('instance_type', 'group_type', 'project_type')),
        -- For group_type: the owner on GitHub, as HOST/ACCOUNT_ID. For project_type: the project.
        owner_key text,
        project_id bigint REFERENCES project (id),
        description text NOT NULL DEFAULT '',
        maintenance_note text,
        tags text[] NOT NULL DEFAULT '{}',
        run_untagged boolean NOT NULL DEFAULT true,
        locked boolean NOT NULL DEFAULT false,
        paused boolean NOT NULL DEFAULT false,
        access_level text NOT NULL DEFAULT 'not_protected' CHECK (access_level IN ('not_protected', 'ref_protected')),
        maximum_timeout integer,
        token_hash bytea NOT NULL UNIQUE,
        token_expires_at timestamptz,
        created_by bigint REFERENCES user_account (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        -- Changes whenever something changes that decides which jobs it may take.
        version bigint NOT NULL DEFAULT 1
      );

      CREATE TABLE runner_manager (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        runner_id bigint NOT NULL REFERENCES runner (id) ON DELETE CASCADE,
        system_id text NOT NULL,
        version text,
        revision text,
        platform text,
        architecture text,
        executor text,
        ip_address text,
        created_at timestamptz NOT NULL DEFAULT now(),
        contacted_at timestamptz,
        UNIQUE (runner_id, system_id)
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
