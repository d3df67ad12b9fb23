import { statement } from '../database/statement.js';

/**
 * Opens a delivery that made no pipeline once more and tells its event again. One that has made a
 * pipeline stays as it is: its pipeline is retried instead.
 *
 * @param type the event's type on the bus, as for the first time
 */
export const replayDelivery = statement<
  [deliveryId: number, type: string, at: Date],
  { id: number; eventId: string; type: string; payload: { deliveryId: number } }
>(
  'replay_delivery',
  { webhook_delivery: 'su', pipeline: 's', outbox_event: 'si' },
  `WITH d AS (
     UPDATE webhook_delivery d
        SET state = 'received', reason = NULL, detail = NULL, resume_at = NULL, done_at = NULL, attempts = 0, replayed_at = $3
      WHERE d.id = $1 AND d.state IN ('done', 'dead')
        AND NOT EXISTS (SELECT 1 FROM pipeline p WHERE p.delivery_id = d.id)
      RETURNING d.id)
   INSERT INTO outbox_event (type, payload)
   SELECT $2, jsonb_build_object('deliveryId', d.id) FROM d
   RETURNING id, event_id AS "eventId", type, payload`,
);
