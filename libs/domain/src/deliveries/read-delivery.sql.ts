import { statement } from '../database/statement.js';

export interface StoredDelivery {
  readonly id: number;
  readonly host: string;
  readonly guid: string;
  readonly event: string;
  readonly receivedAt: Date;
  /** Gzip'd, as the gateway stored it. */
  readonly body: Buffer;
  readonly bodySize: number;
  readonly recovered: boolean;
  readonly state: string;
  /** How often the sweep has taken it up. */
  readonly attempts: number;
  readonly replayed: boolean;
  /** The id of an earlier delivery with the very same body, or null. */
  readonly sameBodyAs: number | null;
}

/** One delivery with its body, to be acted on. The message on the bus told its id and nothing else. */
export const readDelivery = statement<[deliveryId: number], StoredDelivery>(
  'read_delivery',
  { webhook_delivery: 's' },
  `SELECT d.id, d.host, d.guid, d.event, d.received_at AS "receivedAt", d.body, d.body_size AS "bodySize",
          d.recovered, d.state, d.attempts, d.replayed_at IS NOT NULL AS replayed,
          (SELECT min(o.id) FROM webhook_delivery o
            WHERE o.host = d.host AND o.body_sha256 = d.body_sha256 AND o.event = d.event AND o.id < d.id) AS "sameBodyAs"
     FROM webhook_delivery d
    WHERE d.id = $1`,
);
