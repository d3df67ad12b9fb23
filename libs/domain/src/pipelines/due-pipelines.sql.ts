import { statement } from '../database/statement.js';

/**
 * Pipelines with a delayed job whose time comes before `until`, with the first such time, in its order.
 * A project that is suspended or gone keeps its jobs where they are.
 */
export const duePipelines = statement<[until: Date, limit: number], { id: number; at: Date }>(
  'due_pipelines',
  { job: 's' },
  `SELECT pipeline_id AS id, min(scheduled_at) AS at
     FROM job WHERE status = 'scheduled' AND NOT retried AND scheduled_at <= $1
    GROUP BY pipeline_id ORDER BY at LIMIT $2`,
);
