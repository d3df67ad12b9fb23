import { statement } from '../database/statement.js';

/**
 * Moves entries that wait in a wider lane to the project's own one, after a project got its first own
 * runner: that runner looks nowhere else. Returns the lanes that now hold work. Harmless when repeated.
 */
export const moveToProjectLanes = statement<[projectId: number], { lane_id: number }>(
  'move_to_project_lanes',
  { queue_entry: 'su', lane: 'si', job: 'su' },
  `
  WITH waiting AS (
    SELECT entry.job_id, lane.protected, lane.tags
    FROM queue_entry AS entry JOIN lane ON lane.id = entry.lane_id
    WHERE entry.project_id = $1 AND lane.scope <> 'project:' || $1::bigint
  ), made AS (
    INSERT INTO lane (scope, protected, tags)
    SELECT DISTINCT 'project:' || $1::bigint, waiting.protected, waiting.tags FROM waiting
    ON CONFLICT (scope, protected, tags) DO UPDATE SET scope = excluded.scope
    RETURNING id, protected, tags
  ), moved AS (
    UPDATE queue_entry SET lane_id = made.id
    FROM waiting JOIN made ON made.protected = waiting.protected AND made.tags = waiting.tags
    WHERE queue_entry.job_id = waiting.job_id
    RETURNING queue_entry.job_id, queue_entry.lane_id
  ), kept AS (
    UPDATE job SET lane_id = moved.lane_id FROM moved WHERE job.id = moved.job_id
  )
  SELECT lane_id FROM moved`,
);
