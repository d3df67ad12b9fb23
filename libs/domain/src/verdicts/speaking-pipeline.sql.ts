import { statement } from '../database/statement.js';

export interface SpeakingPipeline {
  readonly id: number;
  readonly iid: number;
  readonly status: string;
  readonly started: boolean;
  readonly failureReason: string | null;
  readonly failureMessage: string | null;
  readonly fullName: string;
  readonly installationId: number;
  /** Of jobs that failed and may not; four at the most. */
  readonly failedJobs: readonly string[];
}

/** The pipeline that speaks for a commit: of several on one sha the one with the highest id. */
export const speakingPipeline = statement<[statusId: number], SpeakingPipeline>(
  'speaking_pipeline',
  { commit_status: 's', project: 's', pipeline: 's', job: 's' },
  `SELECT p.id, p.iid, p.status, p.started_at IS NOT NULL AS started, p.failure_reason AS "failureReason",
          p.failure_message AS "failureMessage", r.full_name AS "fullName", r.installation_id AS "installationId",
          ARRAY(SELECT j.name FROM job j
                 WHERE p.status = 'failed' AND j.pipeline_id = p.id AND j.attempt = p.attempt AND j.status = 'failed'
                   AND NOT j.retried AND NOT j.allow_failure
                 ORDER BY j.id LIMIT 4) AS "failedJobs"
     FROM commit_status s
     JOIN project r ON r.id = s.project_id
     JOIN LATERAL (SELECT * FROM pipeline p WHERE p.project_id = s.project_id AND p.sha = s.sha
                    ORDER BY p.id DESC LIMIT 1) p ON true
    WHERE s.id = $1`,
);
