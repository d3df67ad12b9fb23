import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Logs as they stream in, and the files that jobs leave. */
export class TracesAndArtifacts1764000000008 implements MigrationInterface {
  name = 'TracesAndArtifacts1764000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE trace (
        job_id bigint PRIMARY KEY,
        -- Bytes taken in so far: the next offset.
        size bigint NOT NULL DEFAULT 0,
        -- Where the finished log lies in the object store, once its chunks have been dropped.
        object_key text,
        checksum text,
        updated_at timestamptz NOT NULL DEFAULT now()
      ) WITH (fillfactor = 70);
      CREATE INDEX trace_to_store ON trace (updated_at) WHERE object_key IS NULL AND size > 0;

      CREATE TABLE trace_chunk (
        job_id bigint NOT NULL,
        "offset" bigint NOT NULL,
        length integer NOT NULL,
        -- gzip'd bytes of the log, exactly as sent.
        body bytea NOT NULL,
        PRIMARY KEY (job_id, "offset")
      );
      ALTER TABLE trace_chunk ALTER COLUMN body SET STORAGE EXTERNAL;

      CREATE TABLE artifact (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        job_id bigint NOT NULL,
        project_id bigint NOT NULL,
        file_type text NOT NULL,
        file_format text NOT NULL,
        filename text NOT NULL,
        size bigint NOT NULL,
        sha256 bytea NOT NULL,
        object_key text NOT NULL UNIQUE,
        expire_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (job_id, file_type)
      );
      CREATE INDEX artifact_expiry ON artifact (expire_at) WHERE expire_at IS NOT NULL;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
