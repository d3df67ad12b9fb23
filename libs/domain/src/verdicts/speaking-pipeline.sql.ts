import { statement } from '../database/statement.js';

export interface SpeakingPipeline {
  readonly id: number;
  /** Grows with every move of the pipeline. */
  readonly version: number;
  readonly iid: number;
  readonly projectId: number;
  readonly sha: string;
  readonly context: string;
  readonly status: string;
  readonly started: boolean;
  readonly failureReason: string | null;
  readonly failureMessage: string | null;
  readonly fullName: string;
  readonly installationId: number;
  /** Of jobs that failed and may not; four at the most. */
  readonly failedJobs: readonly string[];
}

/** The pipeline that speaks for the commit of a pipeline: of several on one sha the one with the highest id. */
export const speakingPipeline = statement<[pipelineId: number], SpeakingPipeline>(
  'speaking_pipeline',
  { project: 's', pipeline: 's', job: 's' },
  `SELECT p.id, p.version, p.iid, p.project_id AS "projectId", p.sha, r.status_context AS context, p.status,
          p.started_at IS NOT NULL AS started, p.failure_reason AS "failureReason",
          p.failure_message AS "failureMessage", r.full_name AS "fullName", r.installation_id AS "installationId",
          ARRAY(SELECT j.name FROM job j
                 WHERE p.status = 'failed' AND j.pipeline_id = p.id AND j.attempt = p.attempt AND j.status = 'failed'
                   AND NOT j.retried AND NOT j.allow_failure
                 ORDER BY j.id LIMIT 4) AS "failedJobs"
     FROM pipeline asked
     JOIN project r ON r.id = asked.project_id
     JOIN LATERAL (SELECT * FROM pipeline p WHERE p.project_id = asked.project_id AND p.sha = asked.sha
                    ORDER BY p.id DESC LIMIT 1) p ON true
    WHERE asked.id = $1`,
);
