import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who did what; only ever added to. */
export class Audit1764000000011 implements MigrationInterface {
  name = 'Audit1764000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        actor_id bigint,
        action text NOT NULL,
        entity_type text NOT NULL,
        entity_id bigint,
        details jsonb NOT NULL DEFAULT '{}'
      );
      CREATE INDEX audit_event_entity ON audit_event (entity_type, entity_id, id);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
