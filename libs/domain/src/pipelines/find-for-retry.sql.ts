import { statement } from '../database/statement.js';

export interface RefusedPipeline {
  readonly id: number;
  readonly projectId: number;
  readonly attempt: number;
  readonly sha: string;
  readonly beforeSha: string;
  readonly ref: string;
  readonly status: string;
  readonly failureReason: string | null;
  readonly commit: Record<string, string | null>;
  readonly createdAt: Date;
  readonly deliveryGuid: string | null;
  readonly host: string;
  readonly githubRepositoryId: number;
  readonly jobs: number;
}

/** A pipeline as one needs it to try it anew, with the number of jobs of its current attempt. */
export const findForRetry = statement<[pipelineId: number], RefusedPipeline>(
  'find_for_retry',
  { pipeline: 's', project: 's', webhook_delivery: 's', job: 's' },
  `SELECT l.id, l.project_id AS "projectId", l.attempt, l.sha, l.before_sha AS "beforeSha", l.ref, l.status,
          l.failure_reason AS "failureReason", l.commit, l.created_at AS "createdAt", d.guid AS "deliveryGuid",
          p.host, p.github_repository_id AS "githubRepositoryId",
          (SELECT count(*)::int FROM job j WHERE j.pipeline_id = l.id AND j.attempt = l.attempt AND NOT j.retried) AS jobs
     FROM pipeline l JOIN project p ON p.id = l.project_id LEFT JOIN webhook_delivery d ON d.id = l.delivery_id
    WHERE l.id = $1`,
);
