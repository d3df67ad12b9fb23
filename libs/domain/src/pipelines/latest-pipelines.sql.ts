import { statement } from '../database/statement.js';

/** The newest pipeline of each of some projects; a project without one has no row. */
export const latestPipelines = statement<[projectIds: readonly number[]], { projectId: number; pipelineId: number }>(
  'latest_pipelines',
  { pipeline: 's' },
  `SELECT wanted.id AS "projectId", newest.id AS "pipelineId"
     FROM unnest($1::bigint[]) AS wanted (id)
    CROSS JOIN LATERAL (
      SELECT p.id FROM pipeline p WHERE p.project_id = wanted.id ORDER BY p.id DESC LIMIT 1) AS newest`,
);
