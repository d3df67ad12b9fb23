import { type DeadLetterRow, type Queryable, listDeadLetters, replayDeadLetterEvent } from '@crosstie/domain';

import { toStoredEvent } from './bus/stored-event.js';
import type { StoredEvent } from './events.js';

export interface DeadLetterEntry {
  id: number;
  service: string;
  eventId: string;
  type: string;
  payload: Record<string, unknown>;
  error: string;
  attempts: number;
  createdAt: Date;
  replayedAt: Date | null;
}

/** Newest first; those that were replayed only when asked for. */
export async function deadLetters(
  db: Queryable,
  options: { withReplayed?: boolean; limit?: number } = {},
): Promise<DeadLetterEntry[]> {
  const rows = await db.run(listDeadLetters, options.withReplayed ?? false, options.limit ?? 100);
  return rows.map(toEntry);
}

/**
 * Gives a dead letter to its service again, as a new event that no other service hears. The sweep tells it within
 * its interval; a caller with an outbox may publish it at once.
 *
 * @returns null when there is no such dead letter
 */
export async function replayDeadLetter(db: Queryable, id: number): Promise<StoredEvent | null> {
  const [row] = await db.run(replayDeadLetterEvent, id);
  return row ? toStoredEvent(row) : null;
}

function toEntry(row: DeadLetterRow): DeadLetterEntry {
  return {
    id: row.id,
    service: row.service,
    eventId: row.event_id,
    type: row.type,
    payload: row.payload,
    error: row.error,
    attempts: row.attempts,
    createdAt: row.created_at,
    replayedAt: row.replayed_at,
  };
}
