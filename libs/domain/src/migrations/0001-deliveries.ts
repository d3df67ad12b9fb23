import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What GitHub sent, as bytes, and what became of it. */
export class Deliveries1764000000001 implements MigrationInterface {
  name = 'Deliveries1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE webhook_delivery (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        host text NOT NULL,
        guid text NOT NULL,
        event text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        -- The body as it was signed, gzip'd by the gateway. Never parsed there.
        body bytea NOT NULL,
        body_size integer NOT NULL,
        body_sha256 bytea NOT NULL,
        -- Taken in from GitHub's delivery log instead of arriving by itself.
        recovered boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'waiting', 'done', 'dead')),
        reason text,
        detail text,
        project_id bigint,
        -- When a waiting delivery goes on, and since when it waits.
        resume_at timestamptz,
        done_at timestamptz,
        attempts integer NOT NULL DEFAULT 0,
        -- An operator asked for it once more: what only looked suspect is taken in.
        replayed_at timestamptz,
        UNIQUE (host, guid)
      );
      ALTER TABLE webhook_delivery ALTER COLUMN body SET STORAGE EXTERNAL;
      CREATE INDEX webhook_delivery_open ON webhook_delivery (coalesce(resume_at, received_at))
        WHERE state IN ('received', 'waiting');
      CREATE INDEX webhook_delivery_body ON webhook_delivery (host, body_sha256);

      -- How far back GitHub's own delivery log has been read without a gap.
      CREATE TABLE recovery_mark (
        host text PRIMARY KEY,
        complete_to timestamptz NOT NULL,
        ran_at timestamptz NOT NULL
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
