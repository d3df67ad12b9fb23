import { statement } from '../database/statement.js';

/**
 * Drops events that were told ten minutes ago and more: past the time after which JetStream has them on disk, and
 * long enough for an event stream to resume. What a service still tries stays.
 *
 * @param upToId what the bus inside the process has not handled yet lies above
 */
export const dropOldEvents = statement<[upToId: number, limit: number], { id: number }>(
  'drop_old_events',
  { outbox_event: 'sd', event_attempt: 's' },
  `DELETE FROM outbox_event WHERE id IN (
     SELECT e.id FROM outbox_event e
     WHERE e.created_at < now() - interval '10 minutes'
       AND e.published_at IS NOT NULL
       AND e.id <= $1
       AND NOT EXISTS (SELECT FROM event_attempt a WHERE a.outbox_id = e.id)
     ORDER BY e.created_at
     LIMIT $2
   ) RETURNING id`,
);

/** Attempts that nobody goes on with: their service no longer hears such events. */
export const dropOldAttempts = statement<[], never>(
  'drop_old_attempts',
  { event_attempt: 'sd' },
  `DELETE FROM event_attempt WHERE retry_at < now() - interval '7 days' AND started_at < now() - interval '7 days'`,
);
