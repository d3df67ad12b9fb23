import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What may run now, in lanes. */
export class Queue1764000000006 implements MigrationInterface {
  name = 'Queue1764000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A lane is a distinct (scope, protected, sorted tags). Scope: 'instance', 'owner:HOST/ACCOUNT_ID' or 'project:ID'.
      CREATE TABLE lane (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        scope text NOT NULL,
        protected boolean NOT NULL,
        tags text[] NOT NULL,
        UNIQUE (scope, protected, tags)
      );

      CREATE TABLE queue_entry (
        job_id bigint PRIMARY KEY,
        lane_id bigint NOT NULL,
        rank bigint NOT NULL,
        project_id bigint NOT NULL,
        rights_epoch integer NOT NULL DEFAULT 0
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
      CREATE INDEX queue_entry_order ON queue_entry (lane_id, rank);
      CREATE INDEX queue_entry_project ON queue_entry (lane_id, project_id, rank DESC);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
