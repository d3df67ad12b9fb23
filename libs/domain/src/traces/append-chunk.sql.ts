import { statement } from '../database/statement.js';

export interface AppendedChunk {
  status: string;
  project_id: number;
  handout: number;
  trace_size_max: number;
  /** The size with this chunk; null when it was not taken. */
  size: number | null;
  watched_until: Date | null;
}

/**
 * Takes a piece of log if it begins where the stored log ends: offset check, size and bytes in one
 * statement, so that of two equal pieces one is taken. It counts as a sign of life and acknowledges the
 * hand-out. No row: not the token of a job that runs.
 *
 * What is stored is masked and may end earlier than what was sent: `body` stands from `bodyOffset` on, and the
 * rest is kept as the tail that nobody is shown. The checksum before must be the stored one, so that nobody masks
 * by an outdated end of the log.
 *
 * Committed without waiting for the disk: after a crash of the database the runner is told the true size
 * and sends again. The end of the job waits, and with it all that came before.
 */
export const appendChunk = statement<
  [
    jobId: number,
    tokenHash: Buffer,
    offset: number,
    length: number,
    bodyOffset: number,
    bodyLength: number,
    /** Null where all of it waits in the tail. */
    body: Buffer | null,
    crcBefore: number,
    crc: number,
    shownContext: Buffer | null,
    tail: Buffer | null,
    tailLength: number,
    now: Date,
    seenBefore: Date,
  ],
  AppendedChunk
>(
  'append_chunk',
  { job: 'su', project: 's', trace: 'siu', trace_chunk: 'i' },
  `
  WITH held AS (
    SELECT job.id, job.status, job.project_id, job.handout, project.trace_size_max,
      job.acknowledged_at IS NULL OR job.seen_at IS NULL OR job.seen_at < $14 AS due
    FROM job JOIN project ON project.id = job.project_id
    WHERE job.id = $1 AND job.token_hash = $2 AND job.status IN ('running', 'canceling')
  ), kept AS (
    UPDATE job SET acknowledged_at = coalesce(job.acknowledged_at, $13), seen_at = $13
    FROM held
    WHERE held.due AND job.id = $1 AND job.token_hash = $2 AND job.status IN ('running', 'canceling')
    RETURNING job.id
  ), grown AS (
    INSERT INTO trace (job_id, size, crc, shown_context, tail, tail_length, updated_at)
    SELECT held.id, $4::bigint, $9::bigint, $10, $11, $12::integer, $13 FROM held
    WHERE (NOT held.due OR EXISTS (SELECT FROM kept)) AND $3::bigint + $4::bigint <= held.trace_size_max
      AND ($3::bigint = 0 OR EXISTS (SELECT FROM trace WHERE trace.job_id = $1))
    ON CONFLICT (job_id) DO UPDATE SET size = trace.size + $4::bigint, crc = $9::bigint, shown_context = $10,
        tail = $11, tail_length = $12::integer, updated_at = $13
      WHERE trace.size = $3::bigint AND trace.crc = $8::bigint AND trace.checksum IS NULL AND trace.object_key IS NULL
    RETURNING size, watched_until
  ), stored AS (
    INSERT INTO trace_chunk (job_id, "offset", length, body)
    SELECT $1, $5::bigint, $6::bigint, $7 FROM grown WHERE $7::bytea IS NOT NULL
  )
  SELECT held.status, held.project_id, held.handout, held.trace_size_max, grown.size, grown.watched_until
  FROM held
  CROSS JOIN (SELECT set_config('synchronous_commit', 'off', true)) AS commit_early
  LEFT JOIN grown ON true`,
);
