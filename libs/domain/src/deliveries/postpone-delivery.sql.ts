import { statement } from '../database/statement.js';

/** Leaves a delivery for later and says what it waits for; the sweep takes it up when its time has come. */
export const postponeDelivery = statement<
  [deliveryId: number, resumeAt: Date, detail: string, projectId: number | null],
  { id: number }
>(
  'postpone_delivery',
  { webhook_delivery: 'su' },
  `UPDATE webhook_delivery
      SET state = 'waiting', resume_at = $2, detail = $3, project_id = coalesce($4, project_id)
    WHERE id = $1 AND state IN ('received', 'waiting')
    RETURNING id`,
);
