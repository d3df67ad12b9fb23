import { statement } from '../database/statement.js';

/**
 * Stores a delivery together with the event that tells of it. No row: the same delivery is here already.
 *
 * @param body gzip'd
 * @param type of the event
 */
export const acceptDelivery = statement<
  [host: string, guid: string, event: string, body: Buffer, bodySize: number, bodySha256: Buffer, type: string],
  { id: number; eventId: string; payload: { deliveryId: number } }
>(
  'accept_delivery',
  { webhook_delivery: 'si', outbox_event: 'si' },
  `WITH d AS (
     INSERT INTO webhook_delivery (host, guid, event, body, body_size, body_sha256)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (host, guid) DO NOTHING
     RETURNING id)
   INSERT INTO outbox_event (type, payload)
   SELECT $7, jsonb_build_object('deliveryId', d.id) FROM d
   RETURNING id, event_id AS "eventId", payload`,
);
