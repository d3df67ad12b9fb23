import { statement } from '../database/statement.js';
import type { EventRow } from './read-events.sql.js';

/** Gives an event up for one service. Its attempts are over with the same statement. */
export const buryEvent = statement<
  [service: string, eventId: string, type: string, payload: string, error: string, attempts: number],
  never
>(
  'bury_event',
  { dead_letter: 'siu', event_attempt: 'sd' },
  `WITH ended AS (DELETE FROM event_attempt WHERE service = $1 AND event_id = $2::uuid)
   INSERT INTO dead_letter (service, event_id, type, payload, error, attempts)
   VALUES ($1, $2::uuid, $3, $4::jsonb, $5, $6)
   ON CONFLICT (service, event_id)
   DO UPDATE SET error = excluded.error, attempts = excluded.attempts, created_at = now(), replayed_at = NULL`,
);

export interface DeadLetterRow {
  id: number;
  service: string;
  event_id: string;
  type: string;
  payload: Record<string, unknown>;
  error: string;
  attempts: number;
  created_at: Date;
  replayed_at: Date | null;
}

/** Newest first; those that were replayed too when asked. */
export const listDeadLetters = statement<[withReplayed: boolean, limit: number], DeadLetterRow>(
  'list_dead_letters',
  { dead_letter: 's' },
  `SELECT id, service, event_id, type, payload, error, attempts, created_at, replayed_at
   FROM dead_letter
   WHERE $1 OR replayed_at IS NULL
   ORDER BY id DESC
   LIMIT $2`,
);

/** A new event with the same content, for that service alone. No row: there is no such dead letter. */
export const replayDeadLetterEvent = statement<[id: number], EventRow>(
  'replay_dead_letter',
  { dead_letter: 'su', outbox_event: 'is' },
  `WITH letter AS (
     UPDATE dead_letter SET replayed_at = now() WHERE id = $1 RETURNING service, type, payload
   )
   INSERT INTO outbox_event (type, payload, only_service)
   SELECT type, payload, service FROM letter
   RETURNING id, event_id, type, payload, only_service`,
);

/** Dead letters that nobody has replayed. */
export const countDeadLetters = statement<[], { service: string; letters: number }>(
  'count_dead_letters',
  { dead_letter: 's' },
  `SELECT service, count(*)::int AS letters FROM dead_letter WHERE replayed_at IS NULL GROUP BY service`,
);
