import { statement } from '../database/statement.js';

export interface LaneWithWork {
  lane_id: number;
  /** How many entries wait there, counted up to the limit. */
  entries: number;
}

/** The net under lost wakes: the newest lane of all, and of those that somebody waits for the ones that hold work. */
export const lanesWithWork = statement<
  [laneIds: readonly number[], entriesMax: number],
  { newest_lane_id: number | null; work: LaneWithWork[] }
>(
  'lanes_with_work',
  { queue_entry: 's', lane: 's' },
  `
  SELECT (SELECT max(id) FROM lane) AS newest_lane_id,
    coalesce((
      SELECT jsonb_agg(jsonb_build_object('lane_id', wanted.lane_id, 'entries', work.entries))
      FROM unnest($1::bigint[]) AS wanted (lane_id)
      CROSS JOIN LATERAL (
        SELECT count(*) AS entries
        FROM (SELECT FROM queue_entry WHERE queue_entry.lane_id = wanted.lane_id LIMIT $2) AS first_ones
      ) AS work
      WHERE work.entries > 0
    ), '[]') AS work`,
);
