/**
 * The condition, over the rows `runner` and `lane`, under which a runner may take the jobs of a lane: it serves the
 * lane's project, and protection and tags fit. Reads runner_project, project and installation.
 */
export const runnerFitsLane = `(
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
    AND (runner.run_untagged OR cardinality(lane.tags) > 0)`;
