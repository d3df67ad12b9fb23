import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Encrypted secrets and the leases on short-lived tokens. */
export class Vault1764000000003 implements MigrationInterface {
  name = 'Vault1764000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Who the App is; its secrets are credentials of kind app_private_key, client_secret, webhook_secret.
      CREATE TABLE github_app (
        host text PRIMARY KEY,
        app_id bigint NOT NULL,
        slug text NOT NULL,
        client_id text NOT NULL,
        html_url text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );

      -- One encrypted secret. The ciphertext is bound to (table, column, kind, subject, key id) as associated data.
      CREATE TABLE credential (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        class text NOT NULL CHECK (class IN ('hook', 'app', 'users', 'leases', 'variables', 'oidc')),
        kind text NOT NULL,
        host text NOT NULL,
        -- The identity's id for a person's tokens, 0 for what belongs to the App.
        subject bigint NOT NULL DEFAULT 0,
        key_id text NOT NULL,
        sealed bytea NOT NULL,
        -- Counts refreshes of a person's chain: a writer that saw an older one has lost.
        generation integer NOT NULL DEFAULT 1,
        expires_at timestamptz,
        refresh_expires_at timestamptz,
        -- 1 is the current one; older ones (previous webhook secret) count up.
        rank integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (host, kind, subject, rank)
      );

      CREATE TABLE token_lease (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        purpose text NOT NULL CHECK (purpose IN ('read', 'clone', 'status', 'app')),
        kind text NOT NULL CHECK (kind IN ('installation', 'person', 'app_jwt')),
        host text NOT NULL,
        installation_id bigint,
        project_id bigint,
        identity_id bigint REFERENCES identity (id),
        -- The credential generation a person's token was narrowed from.
        generation integer,
        -- What holds it alive; set for clone leases.
        pipeline_id bigint,
        permissions jsonb NOT NULL,
        key_id text NOT NULL,
        sealed bytea NOT NULL,
        issued_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        retired_at timestamptz,
        -- Set once GitHub confirmed that the token is gone (or it had ended by itself).
        revoked_at timestamptz,
        retire_attempts integer NOT NULL DEFAULT 0,
        retire_after timestamptz
      );
      CREATE INDEX token_lease_pipeline ON token_lease (pipeline_id) WHERE pipeline_id IS NOT NULL;
      CREATE INDEX token_lease_live ON token_lease (identity_id) WHERE retired_at IS NULL AND identity_id IS NOT NULL;
      CREATE INDEX token_lease_shared ON token_lease (host, installation_id, purpose, project_id)
        WHERE retired_at IS NULL AND pipeline_id IS NULL;
      CREATE INDEX token_lease_open ON token_lease (expires_at) WHERE revoked_at IS NULL;
      CREATE INDEX token_lease_to_revoke ON token_lease (retire_after) WHERE retired_at IS NOT NULL AND revoked_at IS NULL;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
