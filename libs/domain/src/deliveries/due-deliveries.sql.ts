import { statement } from '../database/statement.js';

/**
 * Deliveries that wait no longer, and those whose event should long have been handled: the bus may
 * have lost it. Those that were given up on stay where they are until somebody replays them.
 *
 * @param receivedBefore how long the bus is trusted with a new delivery
 */
export const dueDeliveries = statement<
  [now: Date, receivedBefore: Date, limit: number],
  { id: number; event: string; state: string }
>(
  'due_deliveries',
  { webhook_delivery: 's' },
  `SELECT d.id, d.event, d.state
     FROM webhook_delivery d
    WHERE d.state IN ('received', 'waiting')
      AND coalesce(d.resume_at, d.received_at) <= CASE WHEN d.state = 'waiting' THEN $1 ELSE $2 END
    ORDER BY coalesce(d.resume_at, d.received_at)
    LIMIT $3`,
);
