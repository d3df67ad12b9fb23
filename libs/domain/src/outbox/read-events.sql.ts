import { statement } from '../database/statement.js';

export interface EventRow {
  id: number;
  event_id: string;
  type: string;
  payload: Record<string, unknown>;
  only_service: string | null;
}

/**
 * Events that nobody has told yet and that are older than some milliseconds, oldest first; of some types alone, or
 * all with null.
 */
export const unpublishedEvents = statement<
  [olderThanMs: number, limit: number, types: readonly string[] | null],
  EventRow
>(
  'unpublished_events',
  { outbox_event: 's' },
  `SELECT id, event_id, type, payload, only_service
   FROM outbox_event
   WHERE published_at IS NULL AND created_at <= now() - $1::double precision * interval '1 millisecond'
     AND ($3::text[] IS NULL OR type = ANY ($3))
   ORDER BY id
   LIMIT $2`,
);

/** Events from an id on, told or not; of some types alone, or all with null. */
export const eventsFrom = statement<[fromId: number, limit: number, types: readonly string[] | null], EventRow>(
  'events_from',
  { outbox_event: 's' },
  `SELECT id, event_id, type, payload, only_service
   FROM outbox_event
   WHERE id >= $1 AND ($3::text[] IS NULL OR type = ANY ($3))
   ORDER BY id
   LIMIT $2`,
);

/** How much waits to be told, and for how long the oldest has. */
export const outboxLag = statement<[], { events: number; oldest_s: number }>(
  'outbox_lag',
  { outbox_event: 's' },
  `SELECT count(*)::int AS events,
          coalesce(extract(epoch FROM now() - min(created_at)), 0)::double precision AS oldest_s
   FROM outbox_event
   WHERE published_at IS NULL`,
);
