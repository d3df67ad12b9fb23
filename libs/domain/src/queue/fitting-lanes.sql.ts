import { statement } from '../database/statement.js';

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
  JOIN lane ON (
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
  WHERE runner.id = ANY ($1::bigint[])
  GROUP BY runner.id`,
);
