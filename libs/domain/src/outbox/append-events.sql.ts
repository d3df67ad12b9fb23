import { statement } from '../database/statement.js';

export interface AppendedEvent {
  id: number;
  event_id: string;
}

/** Events for a transaction that cannot write them in its own statement. Rows come in the order given. */
export const appendEvents = statement<[types: string[], payloads: string[]], AppendedEvent>(
  'append_events',
  { outbox_event: 'is' },
  `INSERT INTO outbox_event (type, payload)
   SELECT type, payload::jsonb FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given (type, payload, n)
   ORDER BY n
   RETURNING id, event_id`,
);
