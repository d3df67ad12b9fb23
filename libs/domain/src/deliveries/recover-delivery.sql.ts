import { statement } from '../database/statement.js';

/**
 * Takes in a delivery that was found in GitHub's log and never arrived, with its event. No row: it
 * has arrived in the meantime.
 *
 * @param body gzip'd, as the gateway stores it
 */
export const recoverDelivery = statement<
  [host: string, guid: string, event: string, body: Buffer, bodySize: number, bodySha256: Buffer, type: string],
  { id: number; eventId: string; type: string; payload: { deliveryId: number } }
>(
  'recover_delivery',
  { webhook_delivery: 'si', outbox_event: 'si' },
  `WITH d AS (
     INSERT INTO webhook_delivery (host, guid, event, body, body_size, body_sha256, recovered)
     VALUES ($1, $2, $3, $4, $5, $6, true)
     ON CONFLICT (host, guid) DO NOTHING
     RETURNING id)
   INSERT INTO outbox_event (type, payload)
   SELECT $7, jsonb_build_object('deliveryId', d.id) FROM d
   RETURNING id, event_id AS "eventId", type, payload`,
);
