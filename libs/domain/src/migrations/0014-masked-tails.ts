import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a log's masking has to know of the end of its last chunk. The previous release runs on it. */
export class MaskedTails1764000000014 implements MigrationInterface {
  name = 'MaskedTails1764000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The few bytes before the tail that were shown already and could still be the beginning of a secret.
      ALTER TABLE trace ADD COLUMN shown_context bytea;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
