import { statement } from '../database/statement.js';

/**
 * Pipelines whose state the wanted status does not tell, since the event was lost: new ones without a status, those
 * that have moved on, and those that were begun again. What has just changed is left to its event.
 *
 * @param lookBack how many of the newest pipelines are looked at for a missing status
 */
export const unspokenPipelines = statement<
  [changedBefore: Date, lookBack: number, limit: number],
  { pipelineId: number }
>(
  'unspoken_pipelines',
  { pipeline: 's', commit_status: 's' },
  `SELECT DISTINCT found.id AS "pipelineId" FROM (
     SELECT p.id, p.updated_at FROM (SELECT * FROM pipeline ORDER BY id DESC LIMIT $2) p
      WHERE NOT EXISTS (SELECT 1 FROM commit_status s
                         WHERE s.project_id = p.project_id AND s.sha = p.sha
                           AND s.pipeline_id >= p.id AND s.version > 0)
     UNION ALL
     SELECT p.id, p.updated_at FROM commit_status s JOIN pipeline p ON p.id = s.pipeline_id
      WHERE NOT s.final AND p.status <> s.pipeline_status
     UNION ALL
     SELECT p.id, p.updated_at FROM pipeline p JOIN commit_status s
         ON s.project_id = p.project_id AND s.sha = p.sha AND s.pipeline_id = p.id
      WHERE p.status IN ('created', 'waiting_for_resource', 'preparing', 'pending', 'running', 'canceling', 'scheduled')
        AND s.final) found
    WHERE found.updated_at < $1
    LIMIT $3`,
);
