import { statement } from '../database/statement.js';

/** Gives up on a delivery after its last attempt; its error stands beside it and in the dead letters. */
export const buryDelivery = statement<[deliveryId: number, error: string, at: Date], { id: number }>(
  'bury_delivery',
  { webhook_delivery: 'su' },
  `UPDATE webhook_delivery SET state = 'dead', detail = $2, resume_at = NULL, done_at = $3
    WHERE id = $1 AND state IN ('received', 'waiting')
    RETURNING id`,
);
