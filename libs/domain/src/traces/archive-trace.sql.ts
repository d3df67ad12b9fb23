import { statement } from '../database/statement.js';

export interface TraceToStore {
  job_id: number;
  size: number;
  checksum: string | null;
  crc: number;
}

/** Logs of ended jobs that still lie in rows. */
export const tracesToStore = statement<[endedBefore: Date, tracesMax: number], TraceToStore>(
  'traces_to_store',
  { trace: 's', job: 's' },
  `
  SELECT trace.job_id, trace.size, trace.checksum, trace.crc
  FROM trace JOIN job ON job.id = trace.job_id
  WHERE trace.object_key IS NULL AND trace.size > 0
    AND job.status IN ('success', 'failed', 'canceled') AND job.finished_at < $1
  ORDER BY trace.updated_at LIMIT $2`,
);

/** Records where a log was put and drops its pieces, unless somebody else has done so or it has grown. */
export const traceStored = statement<
  [jobId: number, size: number, objectKey: string, members: string],
  { job_id: number }
>(
  'trace_stored',
  { trace: 'su', trace_chunk: 'sd', job_secret: 'sd' },
  `
  WITH stored AS (
    UPDATE trace SET object_key = $3, members = $4::jsonb WHERE job_id = $1 AND size = $2 AND object_key IS NULL RETURNING job_id
  ), dropped AS (
    DELETE FROM trace_chunk USING stored WHERE trace_chunk.job_id = stored.job_id
  ), forgotten AS (
    DELETE FROM job_secret USING stored WHERE job_secret.job_id = stored.job_id
  )
  SELECT job_id FROM stored`,
);
