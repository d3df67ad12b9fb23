import { statement } from '../database/statement.js';
import { toldFinished } from './told-finished.sql.js';

export interface FinishedJob {
  job_id: number;
  pipeline_id: number;
  project_id: number;
  status: string;
  outbox_id: number;
  event_id: string;
}

/**
 * Takes a job's end from its runner. A job that is being cancelled ends as canceled, whatever its runner
 * says. The log is sealed by the same commit, its end shown. No row: not its token, ended already, or (unless
 * `anyLog`) the log taken in is not as long as the runner says, or of another checksum.
 */
export const finishJob = statement<
  [
    jobId: number,
    tokenHash: Buffer,
    status: string,
    failureReason: string | null,
    exitCode: number | null,
    now: Date,
    checksum: string,
    bytesize: number | null,
    /** The number in the checksum; null where the runner tells none. */
    crc: number | null,
    anyLog: boolean,
  ],
  FinishedJob
>(
  'finish_job',
  { job: 'su', trace: 'siu', trace_chunk: 'i', outbox_event: 'si' },
  `
  WITH done AS (
    UPDATE job SET
      status = CASE WHEN job.status = 'canceling' THEN 'canceled' ELSE $3 END,
      failure_reason = CASE WHEN job.status = 'canceling' THEN NULL ELSE $4 END,
      exit_code = $5, finished_at = $6, seen_at = $6, acknowledged_at = coalesce(job.acknowledged_at, $6)
    WHERE job.id = $1 AND job.token_hash = $2 AND job.status IN ('running', 'canceling')
      AND ($10 OR $8::bigint IS NULL OR $8 = coalesce((SELECT size FROM trace WHERE trace.job_id = $1), 0))
      AND ($10 OR $9::bigint IS NULL OR $9 = coalesce((SELECT crc FROM trace WHERE trace.job_id = $1), 0))
    RETURNING job.id, job.pipeline_id, job.project_id, job.status
  ), shown AS (
    INSERT INTO trace_chunk (job_id, "offset", length, body)
    SELECT trace.job_id, trace.size - trace.tail_length, trace.tail_length, trace.tail
    FROM done JOIN trace ON trace.job_id = done.id WHERE trace.tail_length > 0
  ), sealed AS (
    INSERT INTO trace (job_id, size, checksum, updated_at)
    SELECT done.id, 0, $7, $6 FROM done
    ON CONFLICT (job_id) DO UPDATE SET checksum = excluded.checksum, updated_at = excluded.updated_at,
      tail = NULL, tail_length = 0, shown_context = NULL
  ), ${toldFinished}
  SELECT done.id AS job_id, done.pipeline_id, done.project_id, done.status, told.id AS outbox_id, told.event_id
  FROM done CROSS JOIN told`,
);

/**
 * Ends a hand-out from the server's side: its log is too long, or its code cannot be had. Conditioned on
 * the hand-out, so that it cannot hit a later one.
 */
export const failHandout = statement<[jobId: number, handout: number, failureReason: string, now: Date], FinishedJob>(
  'fail_handout',
  { job: 'su', outbox_event: 'si' },
  `
  WITH done AS (
    UPDATE job SET
      status = CASE WHEN job.status = 'canceling' THEN 'canceled' ELSE 'failed' END,
      failure_reason = CASE WHEN job.status = 'canceling' THEN NULL ELSE $3 END, finished_at = $4
    WHERE job.id = $1 AND job.handout = $2 AND job.status IN ('running', 'canceling')
    RETURNING job.id, job.pipeline_id, job.project_id, job.status
  ), ${toldFinished}
  SELECT done.id AS job_id, done.pipeline_id, done.project_id, done.status, told.id AS outbox_id, told.event_id
  FROM done CROSS JOIN told`,
);
