import { statement } from '../database/statement.js';
import { runnerFitsLane } from './runner-fits-lane.sql.js';

export interface LaneRunners {
  /** How many runners there are whose tags, owner and protection fit. */
  fitting: number;
  /** Of those, how many are not paused. */
  awake: number;
  /** Of those, how many were heard of since. */
  online: number;
}

/** Who could take a job of a lane: the rule of `fittingLanes`, asked for one job that waits. */
export const laneRunners = statement<[laneId: number, since: Date], LaneRunners>(
  'lane_runners',
  { runner: 's', runner_manager: 's', runner_project: 's', lane: 's', project: 's', installation: 's' },
  `
  SELECT count(*)::int AS fitting,
    count(*) FILTER (WHERE NOT runner.paused)::int AS awake,
    count(*) FILTER (WHERE NOT runner.paused AND EXISTS (
      SELECT FROM runner_manager AS manager
      WHERE manager.runner_id = runner.id AND manager.contacted_at >= $2))::int AS online
  FROM lane
  JOIN runner ON ${runnerFitsLane}
  WHERE lane.id = $1`,
);
