import { statement } from '../database/statement.js';

/**
 * Says what became of a delivery that made no pipeline. Only an open delivery is settled: whoever
 * comes second finds no row and changes nothing.
 */
export const settleDelivery = statement<
  [deliveryId: number, reason: string | null, detail: string | null, projectId: number | null, at: Date],
  { id: number }
>(
  'settle_delivery',
  { webhook_delivery: 'su' },
  `UPDATE webhook_delivery
      SET state = 'done', reason = $2, detail = $3, project_id = coalesce($4, project_id), resume_at = NULL, done_at = $5
    WHERE id = $1 AND state IN ('received', 'waiting')
    RETURNING id`,
);
