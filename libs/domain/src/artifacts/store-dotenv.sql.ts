import { statement } from '../database/statement.js';

/**
 * Keeps the variables that a job leaves to later ones, in place of earlier ones of the same job. No row: the job does
 * not run any more.
 *
 * @param variables JSON: `[{"key": …, "value": …}, …]`
 */
export const storeDotenv = statement<
  [jobId: number, tokenHash: Buffer, variables: string, now: Date],
  { job_id: number }
>(
  'store_dotenv',
  { job: 's', job_dotenv: 'siu' },
  `
  INSERT INTO job_dotenv (job_id, project_id, variables, created_at)
  SELECT id, project_id, $3::jsonb, $4 FROM job
  WHERE id = $1 AND token_hash = $2 AND status IN ('running', 'canceling')
  ON CONFLICT (job_id) DO UPDATE SET variables = excluded.variables, created_at = excluded.created_at
  RETURNING job_id`,
);
