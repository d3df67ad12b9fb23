import { statement } from '../database/statement.js';

/** Makes room for new tries: these rows no longer stand for their jobs. */
export const retireJobs = statement<[jobIds: readonly number[]], { id: number }>(
  'retire_jobs',
  { job: 'su' },
  `UPDATE job SET retried = true WHERE id = ANY ($1) AND NOT retried RETURNING id`,
);

/** New tries of jobs that were retired before: the same job, created, in the name of who retried it. */
export const renewJobs = statement<
  [jobIds: readonly number[], userId: number, at: Date],
  { id: number; index: number }
>(
  'renew_jobs',
  { job: 'si' },
  `INSERT INTO job (pipeline_id, project_id, attempt, index, name, stage, stage_index, status, allow_failure, user_id,
                    lane_id, timeout_s, created_at)
   SELECT pipeline_id, project_id, attempt, index, name, stage, stage_index, 'created', allow_failure, $2,
          lane_id, timeout_s, $3
     FROM job WHERE id = ANY ($1)
   RETURNING id, index`,
);

/**
 * Takes jobs out of the queue before a decision about them, so that no runner can take one while it
 * is made. A claim under way is waited for; its job is running when the states are read afterwards.
 */
export const unqueueJobs = statement<[pipelineId: number, jobIds: readonly number[] | null], { jobId: number }>(
  'unqueue_jobs',
  { job: 's', queue_entry: 'sd' },
  `DELETE FROM queue_entry q USING job j
    WHERE j.pipeline_id = $1 AND q.job_id = j.id AND ($2::bigint[] IS NULL OR j.id = ANY ($2))
   RETURNING q.job_id AS "jobId"`,
);

/** Where a job stands. */
export const findJob = statement<
  [jobId: number],
  { id: number; pipelineId: number; projectId: number; index: number; attempt: number; retried: boolean }
>(
  'find_job_place',
  { job: 's' },
  `SELECT id, pipeline_id AS "pipelineId", project_id AS "projectId", index, attempt, retried FROM job WHERE id = $1`,
);
