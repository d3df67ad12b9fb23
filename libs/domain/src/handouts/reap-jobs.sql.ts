import { statement } from '../database/statement.js';
import type { FinishedJob } from './finish-job.sql.js';
import { toldFinished } from './told-finished.sql.js';

export interface ReapedJob extends FinishedJob {
  failure_reason: string | null;
}

/**
 * Ends hand-outs whose runner fell silent or runs far over its time, and cancelled ones that were never
 * acknowledged or whose runner would not hear of it. Every condition stands in the UPDATE again: the leader that runs this may have slept.
 */
export const reapJobs = statement<
  [
    silentBefore: Date,
    unacknowledgedBefore: Date,
    now: Date,
    defaultTimeoutS: number,
    marginS: number,
    jobsMax: number,
  ],
  ReapedJob
>(
  'reap_jobs',
  { job: 'su', runner_manager: 's', outbox_event: 'si' },
  `
  WITH overdue AS (
    SELECT id, CASE
        WHEN acknowledged_at IS NULL THEN 'unacknowledged'
        WHEN started_at + make_interval(secs => coalesce(timeout_s, $4) + $5) < $3 THEN 'job_execution_timeout'
        ELSE 'stuck_or_timeout_failure'
      END AS reason, handout
    FROM job
    WHERE status IN ('running', 'canceling') AND (
      (acknowledged_at IS NOT NULL AND coalesce(seen_at, assigned_at) < $1)
      OR (acknowledged_at IS NULL AND status = 'canceling' AND coalesce(seen_at, assigned_at) < $2)
      OR (status = 'canceling' AND EXISTS (SELECT FROM runner_manager AS manager
        WHERE manager.id = job.runner_manager_id AND NOT manager.cancels_gracefully))
      OR (acknowledged_at IS NOT NULL AND started_at + make_interval(secs => coalesce(timeout_s, $4) + $5) < $3)
    )
    LIMIT $6
    FOR UPDATE SKIP LOCKED
  ), done AS (
    UPDATE job SET
      status = CASE WHEN job.status = 'canceling' THEN 'canceled' ELSE 'failed' END,
      failure_reason = CASE WHEN job.status = 'canceling' THEN NULL ELSE overdue.reason END, finished_at = $3
    FROM overdue
    WHERE job.id = overdue.id AND job.handout = overdue.handout AND job.status IN ('running', 'canceling')
    RETURNING job.id, job.pipeline_id, job.project_id, job.status, job.failure_reason
  ), ${toldFinished}
  SELECT done.id AS job_id, done.pipeline_id, done.project_id, done.status, done.failure_reason,
    told.id AS outbox_id, told.event_id
  FROM done JOIN told ON told.job_id = done.id`,
);

/**
 * One leader among all processes, for one pass: the lock ends with the transaction. A leader that is stopped within it
 * loses both after five seconds, so that another may lead; when it goes on, its connection is gone.
 */
export const leadReaping = statement<[], { leads: boolean }>(
  'lead_reaping',
  {},
  `SELECT pg_try_advisory_xact_lock(7305520) AS leads, set_config('idle_in_transaction_session_timeout', '5s', true)`,
);
