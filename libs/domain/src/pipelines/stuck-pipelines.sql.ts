import { statement } from '../database/statement.js';

/**
 * Live pipelines that something should have moved: a job has ended or started since they were last
 * touched and no event came, or nothing of them is queued or runs any more.
 *
 * @param before how long the bus is trusted
 */
export const stuckPipelines = statement<[before: Date, limit: number], { id: number }>(
  'stuck_pipelines',
  { pipeline: 's', job: 's' },
  `SELECT p.id
     FROM pipeline p
    WHERE p.status IN ('created', 'waiting_for_resource', 'preparing', 'pending', 'running', 'canceling', 'scheduled')
      AND p.updated_at < $1
      AND (EXISTS (SELECT 1 FROM job j WHERE j.pipeline_id = p.id AND j.attempt = p.attempt AND NOT j.retried
                      AND greatest(j.finished_at, j.started_at) < $1
                      AND greatest(j.finished_at, j.started_at) > p.updated_at - interval '10 seconds')
        OR NOT EXISTS (SELECT 1 FROM job j WHERE j.pipeline_id = p.id AND j.attempt = p.attempt AND NOT j.retried
                         AND j.status IN ('pending', 'running', 'canceling', 'scheduled', 'waiting_for_resource')))
    ORDER BY p.id
    LIMIT $2`,
);

/** Notes that a pipeline was looked at and nothing moved. */
export const touchPipeline = statement<[pipelineId: number, at: Date], { id: number }>(
  'touch_pipeline',
  { pipeline: 'su' },
  `UPDATE pipeline SET updated_at = $2 WHERE id = $1 RETURNING id`,
);
