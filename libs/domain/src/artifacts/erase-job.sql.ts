import { statement } from '../database/statement.js';

export interface ErasedJob {
  erased_at: Date;
  /** Objects that nothing names any more. */
  object_keys: string[];
}

/** Takes log, files and variables from an ended job, once. No row: it is not over, or was erased before. */
export const eraseJob = statement<[projectId: number, jobId: number, now: Date], ErasedJob>(
  'erase_job',
  { job: 'su', trace: 'sd', trace_chunk: 'sd', artifact: 'sd', job_dotenv: 'sd', job_secret: 'sd' },
  `
  WITH erased AS (
    UPDATE job SET erased_at = $3
    WHERE id = $2 AND project_id = $1 AND status IN ('success', 'failed', 'canceled') AND erased_at IS NULL
    RETURNING id, erased_at
  ), logs AS (
    DELETE FROM trace USING erased WHERE trace.job_id = erased.id RETURNING trace.object_key
  ), chunks AS (
    DELETE FROM trace_chunk USING erased WHERE trace_chunk.job_id = erased.id
  ), files AS (
    DELETE FROM artifact USING erased WHERE artifact.job_id = erased.id RETURNING artifact.object_key
  ), variables AS (
    DELETE FROM job_dotenv USING erased WHERE job_dotenv.job_id = erased.id
  ), secrets AS (
    DELETE FROM job_secret USING erased WHERE job_secret.job_id = erased.id
  )
  SELECT erased.erased_at, ARRAY(
    SELECT object_key FROM logs WHERE object_key IS NOT NULL UNION ALL SELECT object_key FROM files
  ) AS object_keys
  FROM erased`,
);
