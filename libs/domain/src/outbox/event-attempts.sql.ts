import { statement } from '../database/statement.js';
import type { EventRow } from './read-events.sql.js';

/**
 * Counts a start before it happens, so that a crash counts too. Only for an event that comes again: at least one
 * start lies behind it, so the first row says 2.
 */
export const beginAttempt = statement<[service: string, eventId: string, outboxId: number], { attempts: number }>(
  'begin_attempt',
  { event_attempt: 'siu' },
  `INSERT INTO event_attempt (service, event_id, outbox_id, attempts) VALUES ($1, $2, $3, 2)
   ON CONFLICT (service, event_id) DO UPDATE SET attempts = event_attempt.attempts + 1, started_at = now(), retry_at = now()
   RETURNING attempts`,
);

/** Whether the last counted start ended without a word: whoever fails in order puts the event off after it. */
export const endedInCrash = statement<[service: string, eventId: string], { crashed: boolean }>(
  'ended_in_crash',
  { event_attempt: 's' },
  `SELECT retry_at <= started_at AS crashed FROM event_attempt WHERE service = $1 AND event_id = $2`,
);

/** Puts an event off: how often it was begun by then, and when it is begun again. */
export const postponeEvent = statement<
  [service: string, eventId: string, outboxId: number, attempts: number, delayMs: number],
  never
>(
  'postpone_event',
  { event_attempt: 'siu' },
  `INSERT INTO event_attempt (service, event_id, outbox_id, attempts, retry_at)
   VALUES ($1, $2, $3, $4, now() + $5::double precision * interval '1 millisecond')
   ON CONFLICT (service, event_id) DO UPDATE SET attempts = excluded.attempts, retry_at = excluded.retry_at`,
);

/** The event that came again was handled. */
export const endAttempts = statement<[service: string, eventId: string], never>(
  'end_attempts',
  { event_attempt: 'sd' },
  `DELETE FROM event_attempt WHERE service = $1 AND event_id = $2`,
);

export interface PostponedEvent extends EventRow {
  /** Milliseconds until it is begun again; not above zero when it is due. */
  wait_ms: number;
}

/** What a service had begun or put off when the process ended. */
export const postponedEvents = statement<[service: string], PostponedEvent>(
  'postponed_events',
  { event_attempt: 's', outbox_event: 's' },
  `SELECT e.id, e.event_id, e.type, e.payload, e.only_service,
          (extract(epoch FROM a.retry_at - now()) * 1000)::double precision AS wait_ms
   FROM event_attempt a JOIN outbox_event e ON e.id = a.outbox_id
   WHERE a.service = $1
   ORDER BY a.retry_at
   LIMIT 10000`,
);
