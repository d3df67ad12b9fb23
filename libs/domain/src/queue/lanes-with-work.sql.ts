import { statement } from '../database/statement.js';

export interface LaneWithWork {
  lane_id: number;
  /** How many entries wait there, counted up to the limit. */
  entries: number;
}

/** The net under lost wakes: of the lanes that somebody waits for, those that hold work. */
export const lanesWithWork = statement<[laneIds: readonly number[], entriesMax: number], LaneWithWork>(
  'lanes_with_work',
  { queue_entry: 's' },
  `
  SELECT wanted.lane_id, work.entries::integer AS entries
  FROM unnest($1::bigint[]) AS wanted (lane_id)
  CROSS JOIN LATERAL (
    SELECT count(*) AS entries
    FROM (SELECT FROM queue_entry WHERE queue_entry.lane_id = wanted.lane_id LIMIT $2) AS first_ones
  ) AS work
  WHERE work.entries > 0`,
);

/** Grows with every new lane, so that a process notices lanes that others made. */
export const newestLane = statement<[], { lane_id: number | null }>(
  'newest_lane',
  { lane: 's' },
  'SELECT max(id) AS lane_id FROM lane',
);
