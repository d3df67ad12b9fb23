import { statement } from '../database/statement.js';

/**
 * Takes up deliveries that wait no longer, and those whose event should long have been handled: the
 * bus may have lost it. Taking one counts an attempt and moves its next turn away before the work
 * begins, so that one that ends the process counts too and two sweeps never share one.
 *
 * @param receivedBefore how long the bus is trusted with a new delivery
 * @param leaseUntil when it is taken up again if nothing comes of this turn
 */
export const claimDueDeliveries = statement<
  [now: Date, receivedBefore: Date, leaseUntil: Date, limit: number],
  { id: number; event: string; attempts: number }
>(
  'claim_due_deliveries',
  { webhook_delivery: 'su' },
  `UPDATE webhook_delivery d
      SET state = 'waiting', resume_at = $3, attempts = d.attempts + 1
     FROM (SELECT id FROM webhook_delivery
            WHERE state IN ('received', 'waiting')
              AND coalesce(resume_at, received_at) <= CASE WHEN state = 'waiting' THEN $1::timestamptz ELSE $2::timestamptz END
            ORDER BY coalesce(resume_at, received_at)
            LIMIT $4
            FOR UPDATE SKIP LOCKED) due
    WHERE d.id = due.id
    RETURNING d.id, d.event, d.attempts`,
);
