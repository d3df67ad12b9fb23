import { statement } from '../database/statement.js';

export interface KeptJob {
  status: string;
  /** The sign of life had to be written and was not: the hand-out changed hands meanwhile. Ask again. */
  overtaken: boolean;
  /** It acknowledges the hand-out. */
  first: boolean;
  /** Until when somebody reads its log. */
  watched_until: Date | null;
}

/**
 * A sign of life of a job's runner, the first of which acknowledges the hand-out. No row: not its token.
 * Written only when the last sign is older than `seenBefore`, since a fleet gives many.
 */
export const keepJob = statement<[jobId: number, tokenHash: Buffer, now: Date, seenBefore: Date], KeptJob>(
  'keep_job',
  { job: 'su', trace: 's' },
  `
  WITH held AS (
    SELECT id, status, acknowledged_at IS NULL AS first,
      status IN ('running', 'canceling') AND (acknowledged_at IS NULL OR seen_at IS NULL OR seen_at < $4) AS due
    FROM job WHERE id = $1 AND token_hash = $2
  ), kept AS (
    UPDATE job SET acknowledged_at = coalesce(job.acknowledged_at, $3), seen_at = $3
    FROM held
    WHERE held.due AND job.id = $1 AND job.token_hash = $2 AND job.status IN ('running', 'canceling')
    RETURNING job.status
  )
  SELECT coalesce(kept.status, held.status) AS status, held.due AND kept.status IS NULL AS overtaken, held.first,
    (SELECT trace.watched_until FROM trace WHERE trace.job_id = $1) AS watched_until
  FROM held LEFT JOIN kept ON true`,
);
