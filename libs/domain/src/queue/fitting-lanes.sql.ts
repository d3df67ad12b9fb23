import { statement } from '../database/statement.js';
import { runnerFitsLane } from './runner-fits-lane.sql.js';

export interface FittingLanes {
  runner_id: number;
  lane_ids: number[];
}

/** The lanes that each of these runners may take jobs from. A runner that fits none has no row. */
export const fittingLanes = statement<[runnerIds: readonly number[]], FittingLanes>(
  'fitting_lanes',
  { runner: 's', runner_project: 's', lane: 's', project: 's', installation: 's' },
  `
  SELECT runner.id AS runner_id, array_agg(lane.id) AS lane_ids
  FROM runner
  JOIN lane ON ${runnerFitsLane}
  WHERE runner.id = ANY ($1::bigint[])
  GROUP BY runner.id`,
);
