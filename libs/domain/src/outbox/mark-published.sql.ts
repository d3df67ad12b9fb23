import { statement } from '../database/statement.js';

/** Remembers that the bus has these. */
export const markPublished = statement<[ids: number[]], never>(
  'mark_published',
  { outbox_event: 'su' },
  `UPDATE outbox_event SET published_at = now() WHERE id = ANY($1::bigint[]) AND published_at IS NULL`,
);

/**
 * For the bus inside the process: what was handed out, and up to where each service has handled everything.
 * One statement: a row marked without its position would not be given again after a crash.
 */
export const markHandedOut = statement<[ids: number[], services: string[], positions: number[]], never>(
  'mark_handed_out',
  { outbox_event: 'su', bus_position: 'siu' },
  `WITH marked AS (
     UPDATE outbox_event SET published_at = now() WHERE id = ANY($1::bigint[]) AND published_at IS NULL
   )
   INSERT INTO bus_position (service, outbox_id)
   SELECT service, outbox_id FROM unnest($2::text[], $3::bigint[]) AS reached (service, outbox_id)
   ON CONFLICT (service) DO UPDATE SET outbox_id = excluded.outbox_id, updated_at = now()
   WHERE bus_position.outbox_id <> excluded.outbox_id`,
);

/** Where a service was, and the newest event there is. */
export const busPosition = statement<[service: string], { outbox_id: number; newest_id: number }>(
  'bus_position',
  { bus_position: 's', outbox_event: 's' },
  `SELECT coalesce((SELECT outbox_id FROM bus_position WHERE service = $1), 0) AS outbox_id,
          coalesce((SELECT max(id) FROM outbox_event), 0) AS newest_id`,
);
