import { statement } from '../database/statement.js';

export interface SessionRow {
  id: number;
  userId: number | null;
  data: Record<string, unknown>;
  expiresAt: Date;
}

/** A browser's session before or after somebody signed in. */
export const insertSession = statement<
  [hash: Buffer, userId: number | null, data: string, now: Date, expiresAt: Date],
  { id: number }
>(
  'insert_session',
  { session: 'is' },
  `INSERT INTO session (token_hash, user_id, data, created_at, seen_at, expires_at)
   VALUES ($1, $2, $3::jsonb, $4, $4, $5) RETURNING id`,
);

export const findSession = statement<[hash: Buffer, now: Date], SessionRow>(
  'find_session',
  { session: 's' },
  `SELECT id, user_id AS "userId", data, expires_at AS "expiresAt" FROM session
   WHERE token_hash = $1 AND expires_at > $2 AND seen_at > $2::timestamptz - interval '12 hours'`,
);

/** Merges into what the session remembers. */
export const mergeSessionData = statement<[id: number, data: string], never>(
  'merge_session_data',
  { session: 'su' },
  `UPDATE session SET data = data || $2::jsonb WHERE id = $1`,
);

/**
 * Takes one value out of what the session remembers: of several at once, one gets it. What makes a
 * state of the sign-in good for one use.
 */
export const takeSessionValue = statement<[id: number, key: string], { value: unknown }>(
  'take_session_value',
  { session: 'su' },
  `WITH held AS (SELECT id, data -> $2 AS value FROM session WHERE id = $1 AND data ? $2 FOR UPDATE)
   UPDATE session s SET data = s.data - $2 FROM held WHERE s.id = held.id RETURNING held.value`,
);

export const deleteSession = statement<[hash: Buffer], { id: number; userId: number | null }>(
  'delete_session',
  { session: 'sd' },
  `DELETE FROM session WHERE token_hash = $1 RETURNING id, user_id AS "userId"`,
);

/** Ends the other sessions of a person: what a new link or a new right must not share. */
export const deleteOtherSessions = statement<[userId: number, keptHash: Buffer], never>(
  'delete_other_sessions',
  { session: 'sd' },
  `DELETE FROM session WHERE user_id = $1 AND token_hash <> $2`,
);

/** Sessions past their end, a thousand at a time; what they held is handed back to be put away. */
export const deleteEndedSessions = statement<[now: Date], SessionRow>(
  'delete_ended_sessions',
  { session: 'sd' },
  `DELETE FROM session WHERE id IN (
     SELECT id FROM session WHERE expires_at <= $1 OR seen_at < $1::timestamptz - interval '12 hours' LIMIT 1000
   ) RETURNING id, user_id AS "userId", data, expires_at AS "expiresAt"`,
);
