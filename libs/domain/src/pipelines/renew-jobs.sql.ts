import { statement } from '../database/statement.js';

/** Makes room for new tries: these rows no longer stand for their jobs. */
export const retireJobs = statement<[jobIds: readonly number[]], { id: number }>(
  'retire_jobs',
  { job: 'su' },
  `UPDATE job SET retried = true WHERE id = ANY ($1) AND NOT retried RETURNING id`,
);

/** New tries of jobs that were retired before: the same job, created, in the name of who retried it, if anybody did. */
export const renewJobs = statement<
  [jobIds: readonly number[], allowFailures: readonly boolean[], userId: number | null, at: Date],
  { id: number; index: number }
>(
  'renew_jobs',
  { job: 'si' },
  `INSERT INTO job (pipeline_id, project_id, attempt, index, name, stage, stage_index, status, allow_failure, user_id,
                    lane_id, timeout_s, created_at, try, resource_group, environment,
                    environment_action, environment_url, environment_stops_s)
   SELECT pipeline_id, project_id, attempt, index, name, stage, stage_index, 'created', old.allow_failure,
          coalesce($3, user_id), lane_id, timeout_s, $4, try + 1, resource_group, environment, environment_action,
          environment_url, environment_stops_s
     FROM job JOIN unnest($1::bigint[], $2::boolean[]) AS old (id, allow_failure) USING (id)
   RETURNING id, index`,
);

/** Takes note that somebody goes on in spite of what has failed: nothing follows from these failures any more. */
export const passFailures = statement<[pipelineId: number, attempt: number], { id: number }>(
  'pass_failures',
  { job: 'su' },
  `UPDATE job SET is_past = true
    WHERE pipeline_id = $1 AND attempt = $2 AND status = 'failed' AND NOT retried AND NOT is_past RETURNING id`,
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
