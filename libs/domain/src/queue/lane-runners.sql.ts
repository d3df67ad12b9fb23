import { statement } from '../database/statement.js';

export interface LaneRunners {
  /** How many runners there are whose tags, owner and protection fit. */
  fitting: number;
  /** Of those, how many are not paused. */
  awake: number;
  /** Of those, how many were heard of since. */
  online: number;
}

/** Who could take a job of a lane: the same conditions as `fittingLanes`, asked for one job that waits. */
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
  JOIN runner ON (
      runner.runner_type = 'instance_type'
      OR (runner.runner_type = 'project_type' AND (
        lane.scope = 'project:' || runner.project_id
        OR lane.scope IN (
          SELECT 'project:' || shared.project_id FROM runner_project AS shared WHERE shared.runner_id = runner.id
        )))
      OR (runner.runner_type = 'group_type' AND (
        lane.scope = 'owner:' || runner.owner_key
        OR lane.scope IN (
          SELECT 'project:' || project.id
          FROM project JOIN installation ON installation.id = project.installation_id
          WHERE installation.host || '/' || installation.account_id = runner.owner_key
        )))
    )
    AND (runner.access_level = 'not_protected' OR lane.protected)
    AND lane.tags <@ runner.tags
    AND (runner.run_untagged OR cardinality(lane.tags) > 0)
  WHERE lane.id = $1`,
);
