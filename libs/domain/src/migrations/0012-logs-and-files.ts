import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Logs that are masked as they come, files found by branch, and runners shared by some projects. The previous
 * release runs on it: every new column has a default, and nothing is taken away.
 */
export class LogsAndFiles1764000000012 implements MigrationInterface {
  name = 'LogsAndFiles1764000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE trace
        -- CRC-32 of the bytes as the runner sent them; what is stored of them is masked.
        ADD COLUMN crc bigint NOT NULL DEFAULT 0,
        -- The last bytes, gzip'd, while they could be the beginning of a secret: counted in size, shown to nobody.
        ADD COLUMN tail bytea,
        ADD COLUMN tail_length integer NOT NULL DEFAULT 0,
        -- Somebody reads along until then, so its runner shall send more often.
        ADD COLUMN watched_until timestamptz,
        -- Of a log in the object store: [byte of the log, line, byte of the object] for each of its gzip members.
        ADD COLUMN members jsonb;
      ALTER TABLE trace ALTER COLUMN tail SET STORAGE EXTERNAL;

      -- What must not stand in the log of a job, sealed; gone when the log is put away.
      CREATE TABLE job_secret (
        job_id bigint PRIMARY KEY,
        handout integer NOT NULL,
        key_id text NOT NULL,
        sealed bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );

      -- Variables that a job left to later ones in its dotenv report.
      CREATE TABLE job_dotenv (
        job_id bigint PRIMARY KEY,
        project_id bigint NOT NULL,
        variables jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );

      -- Projects that use the runner of another project, beside that one.
      CREATE TABLE runner_project (
        runner_id bigint NOT NULL REFERENCES runner (id) ON DELETE CASCADE,
        project_id bigint NOT NULL REFERENCES project (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (runner_id, project_id)
      );
      CREATE INDEX runner_project_project ON runner_project (project_id);

      CREATE INDEX pipeline_ref ON pipeline (project_id, ref, id DESC);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
