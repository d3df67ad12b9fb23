import { statement } from '../database/statement.js';

/** Up to when GitHub's delivery log has been read without a gap; no row before the first reading. */
export const readRecoveryMark = statement<[host: string], { completeTo: Date; ranAt: Date }>(
  'read_recovery_mark',
  { recovery_mark: 's' },
  `SELECT complete_to AS "completeTo", ran_at AS "ranAt" FROM recovery_mark WHERE host = $1`,
);

/** Moves the mark on; never back, so that two readers at once do no harm. */
export const moveRecoveryMark = statement<[host: string, completeTo: Date, ranAt: Date], { host: string }>(
  'move_recovery_mark',
  { recovery_mark: 'siu' },
  `INSERT INTO recovery_mark AS m (host, complete_to, ran_at) VALUES ($1, $2, $3)
   ON CONFLICT (host) DO UPDATE
     SET complete_to = greatest(m.complete_to, excluded.complete_to), ran_at = greatest(m.ran_at, excluded.ran_at)
   RETURNING host`,
);

/** Has GitHub's delivery log read again from `since` on, at the next pass. */
export const rewindRecoveryMark = statement<[host: string, since: Date], { host: string }>(
  'rewind_recovery_mark',
  { recovery_mark: 'su' },
  `UPDATE recovery_mark SET complete_to = least(complete_to, $2) WHERE host = $1 RETURNING host`,
);
