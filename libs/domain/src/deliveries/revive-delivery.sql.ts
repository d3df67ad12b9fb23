import { statement } from '../database/statement.js';

/** Opens a delivery that was given up on, because its dead letter is replayed. */
export const reviveDelivery = statement<[deliveryId: number], { id: number }>(
  'revive_delivery',
  { webhook_delivery: 'su' },
  `UPDATE webhook_delivery SET state = 'received', detail = NULL, done_at = NULL WHERE id = $1 AND state = 'dead'
    RETURNING id`,
);
