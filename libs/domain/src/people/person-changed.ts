import type { Queryable } from '../database/database.js';
import { statement } from '../database/statement.js';

/** A row of the outbox, to be published after the commit. */
export interface StoredPersonEvent {
  id: number;
  eventId: string;
  type: 'person.changed';
  payload: { userId: number };
}

const insertPersonChanged = statement<[number], StoredPersonEvent>(
  'insert_person_changed',
  { outbox_event: 'is' },
  `INSERT INTO outbox_event (type, payload) VALUES ('person.changed', jsonb_build_object('userId', $1::bigint))
   RETURNING id, event_id AS "eventId", type, payload`,
);

/** Tells the others, once this transaction is committed, that a person's rights may have changed. */
export async function personChanged(tx: Queryable, userId: number): Promise<StoredPersonEvent> {
  const [event] = await tx.run(insertPersonChanged, userId);
  if (!event) throw new Error('The outbox took no event');
  return event;
}
