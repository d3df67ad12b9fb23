import { statement } from '../database/statement.js';

/**
 * Moves entries to the lane that fits now: a project, or an owner on GitHub, got its first own runner, which
 * looks into no wider lane. Returns the lane of each entry moved. Harmless when repeated; also the net for
 * pipelines that were made at the same moment as the runner.
 */
export const moveStranded = statement<[entriesMax: number], { lane_id: number }>(
  'move_stranded',
  { runner: 's', runner_project: 's', installation: 's', project: 's', queue_entry: 'su', lane: 'siu', job: 'su' },
  `
  WITH special AS (
    SELECT DISTINCT runner.project_id, 'project:' || runner.project_id AS scope
    FROM runner WHERE runner.project_id IS NOT NULL
    UNION
    SELECT runner_project.project_id, 'project:' || runner_project.project_id FROM runner_project
    UNION
    SELECT project.id, 'owner:' || runner.owner_key
    FROM runner
    JOIN installation ON installation.host || '/' || installation.account_id = runner.owner_key
    JOIN project ON project.installation_id = installation.id
    WHERE NOT EXISTS (SELECT FROM runner AS own WHERE own.project_id = project.id)
      AND NOT EXISTS (SELECT FROM runner_project WHERE runner_project.project_id = project.id)
  ), waiting AS (
    SELECT entry.job_id, lane.protected, lane.tags, special.scope
    FROM special
    JOIN lane ON lane.scope <> special.scope
      AND (lane.scope = 'instance' OR (lane.scope LIKE 'owner:%' AND special.scope LIKE 'project:%'))
    JOIN queue_entry AS entry ON entry.lane_id = lane.id AND entry.project_id = special.project_id
    LIMIT $1
  ), made AS (
    INSERT INTO lane (scope, protected, tags)
    SELECT DISTINCT waiting.scope, waiting.protected, waiting.tags FROM waiting
    ON CONFLICT (scope, protected, tags) DO UPDATE SET scope = excluded.scope
    RETURNING id, scope, protected, tags
  ), moved AS (
    UPDATE queue_entry SET lane_id = made.id
    FROM waiting
    JOIN made ON made.scope = waiting.scope AND made.protected = waiting.protected AND made.tags = waiting.tags
    WHERE queue_entry.job_id = waiting.job_id
    RETURNING queue_entry.job_id, queue_entry.lane_id
  ), kept AS (
    UPDATE job SET lane_id = moved.lane_id FROM moved WHERE job.id = moved.job_id
  )
  SELECT lane_id FROM moved`,
);
