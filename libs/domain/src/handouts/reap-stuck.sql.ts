import { statement } from '../database/statement.js';
import type { ReapedJob } from './reap-jobs.sql.js';
import { toldFinished } from './told-finished.sql.js';

/** A job that waited too long; or, without one, how far was looked. */
export interface StuckJob extends Omit<ReapedJob, 'job_id' | 'outbox_id'> {
  job_id: number | null;
  outbox_id: number | null;
  looked_until: number;
}

/**
 * Ends jobs that have waited in the queue for too long. Looks at a part of the queue in the order of job ids, so that
 * a pass costs the same however long the queue is; the caller goes on after `looked_until`. No row: the queue ends
 * before `after`. An entry that is being claimed is left alone.
 */
export const reapStuck = statement<[after: number, entriesMax: number, queuedBefore: Date, now: Date], StuckJob>(
  'reap_stuck',
  { queue_entry: 'sud', job: 'su', outbox_event: 'si' },
  `
  WITH looked AS (
    SELECT job_id FROM queue_entry WHERE job_id > $1 ORDER BY job_id LIMIT $2
  ), stale AS (
    SELECT entry.job_id
    FROM looked
    JOIN job ON job.id = looked.job_id AND job.status = 'pending' AND job.queued_at < $3
    JOIN queue_entry AS entry ON entry.job_id = looked.job_id
    FOR UPDATE OF entry SKIP LOCKED
  ), gone AS (
    DELETE FROM queue_entry USING stale WHERE queue_entry.job_id = stale.job_id
  ), done AS (
    UPDATE job SET status = 'failed', failure_reason = 'stuck_or_timeout_failure', finished_at = $4
    FROM stale WHERE job.id = stale.job_id AND job.status = 'pending'
    RETURNING job.id, job.pipeline_id, job.project_id, job.status, job.failure_reason
  ), ${toldFinished}
  SELECT done.id AS job_id, done.pipeline_id, done.project_id, done.status, done.failure_reason,
    told.id AS outbox_id, told.event_id, (SELECT max(looked.job_id) FROM looked) AS looked_until
  FROM (SELECT count(*) FROM looked) AS counted
  LEFT JOIN (done JOIN told ON told.job_id = done.id) ON true
  WHERE counted.count > 0`,
);
