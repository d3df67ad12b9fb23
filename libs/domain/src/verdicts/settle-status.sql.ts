import { statement } from '../database/statement.js';

/**
 * GitHub has it. No row: the claim was lost to somebody else, who may have sent a newer state before this one.
 * `more`: the installation has something else to send.
 */
export const statusSent = statement<
  [statusId: number, claim: number, version: number, state: string, at: Date],
  { more: boolean }
>(
  'status_sent',
  { commit_status: 'su' },
  `UPDATE commit_status s
      SET sent_version = $3, sent_state = $4, sent_at = $5, sending_until = NULL, last_error = NULL
    WHERE id = $1 AND claim = $2
   RETURNING s.version > $3 OR EXISTS (
     SELECT FROM commit_status o
      WHERE o.installation_id = s.installation_id AND o.id <> s.id AND o.sent_version < o.version
        AND o.refused_at IS NULL AND o.next_attempt_at <= $5
        AND (o.sending_until IS NULL OR o.sending_until <= $5)) AS more`,
);

/** Has the present state sent once more, whatever was sent. */
export const sendStatusAgain = statement<[statusId: number, at: Date], { id: number }>(
  'send_status_again',
  { commit_status: 'su' },
  `UPDATE commit_status SET sent_version = 0, next_attempt_at = least(next_attempt_at, $2)
    WHERE id = $1 AND version > 0
   RETURNING id`,
);

/**
 * It could not be sent. The time of the next attempt counts for this version alone: a state that was wanted in the
 * meantime goes at once.
 *
 * @param refusedAt set: GitHub will not take it, so it is given up
 */
export const statusNotSent = statement<
  [statusId: number, claim: number, version: number, nextAttemptAt: Date, error: string, refusedAt: Date | null],
  { id: number }
>(
  'status_not_sent',
  { commit_status: 'su' },
  `UPDATE commit_status
      SET sending_until = NULL, last_error = $5,
          next_attempt_at = CASE WHEN version = $3 THEN $4 ELSE next_attempt_at END,
          refused_at = CASE WHEN version = $3 THEN $6 ELSE refused_at END
    WHERE id = $1 AND claim = $2
   RETURNING id`,
);

/**
 * Frees what was being sent when the only process that sends was killed. Whoever held a claim after all finds, by its
 * number, that it was lost.
 */
export const releaseStatuses = statement<[at: Date], never>(
  'release_statuses',
  { commit_status: 'su' },
  `UPDATE commit_status SET sending_until = NULL WHERE sending_until > $1`,
);
