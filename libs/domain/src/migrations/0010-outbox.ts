import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events to be told, how far each service has heard them, and those nobody could handle. */
export class Outbox1764000000010 implements MigrationInterface {
  name = 'Outbox1764000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Kept after it was published, dropped by age. The uuid is the message id on the bus.
      CREATE TABLE outbox_event (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id uuid NOT NULL DEFAULT gen_random_uuid(),
        type text NOT NULL,
        payload jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        published_at timestamptz,
        -- Set for a replayed dead letter: nobody else hears it.
        only_service text
      );
      CREATE INDEX outbox_event_unpublished ON outbox_event (id) WHERE published_at IS NULL;
      CREATE INDEX outbox_event_age ON outbox_event (created_at);

      -- Attempts at events that were not handled at the first go, so that a crash counts too.
      CREATE TABLE event_attempt (
        service text NOT NULL,
        event_id uuid NOT NULL,
        outbox_id bigint NOT NULL,
        attempts integer NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        -- When it is begun again; the bus inside the process goes by it after a restart.
        retry_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (service, event_id)
      );
      CREATE INDEX event_attempt_outbox ON event_attempt (outbox_id);

      -- How far a service has come on the in-process bus: everything up to here is handled.
      CREATE TABLE bus_position (
        service text PRIMARY KEY,
        outbox_id bigint NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE dead_letter (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        service text NOT NULL,
        event_id uuid NOT NULL,
        type text NOT NULL,
        payload jsonb NOT NULL,
        error text NOT NULL,
        attempts integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        replayed_at timestamptz,
        UNIQUE (service, event_id)
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
