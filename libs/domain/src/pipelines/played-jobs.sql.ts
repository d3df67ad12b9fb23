import { statement } from '../database/statement.js';

/** Who played a job: its rights are theirs from now on. */
export const giveJobTo = statement<[jobId: number, userId: number], { id: number }>(
  'give_job_to',
  { job: 'su' },
  `UPDATE job SET user_id = $2 WHERE id = $1 RETURNING id`,
);

/** The coverage that a job's log tells, in percent. */
export const noteCoverage = statement<[jobId: number, percent: number], { id: number }>(
  'note_coverage',
  { job: 'su' },
  `UPDATE job SET coverage = $2 WHERE id = $1 RETURNING id`,
);

/** Keeps the variables that a person gave to a job, in place of those given before. */
export const keepJobVariables = statement<
  [pipelineId: number, attempt: number, index: number, keyId: string, sealed: Buffer],
  { index: number }
>(
  'keep_job_variables',
  { job_variables: 'siu' },
  `INSERT INTO job_variables (pipeline_id, attempt, index, key_id, sealed) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (pipeline_id, attempt, index) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed
   RETURNING index`,
);

/** The variables that a person gave to a job, sealed; no row when there are none. */
export const readJobVariables = statement<[pipelineId: number, attempt: number, index: number], { sealed: Buffer }>(
  'read_job_variables',
  { job_variables: 's' },
  'SELECT sealed FROM job_variables WHERE pipeline_id = $1 AND attempt = $2 AND index = $3',
);

/** The sealed variables of the next pipelines after one that stand under another key than this. */
export const jobVariablesUnderOldKeys = statement<
  [keyId: string, afterPipelineId: number, pipelines: number],
  { pipelineId: number; attempt: number; index: number; sealed: Buffer }
>(
  'job_variables_under_old_keys',
  { job_variables: 's' },
  `SELECT pipeline_id AS "pipelineId", attempt, index, sealed FROM job_variables
    WHERE key_id <> $1 AND pipeline_id IN (
      SELECT DISTINCT pipeline_id FROM job_variables WHERE key_id <> $1 AND pipeline_id > $2 ORDER BY 1 LIMIT $3)
    ORDER BY pipeline_id`,
);

/** Puts them under another key, unless somebody has written others meanwhile. */
export const rewrapJobVariables = statement<
  [pipelineId: number, attempt: number, index: number, was: Buffer, keyId: string, sealed: Buffer],
  { index: number }
>(
  'rewrap_job_variables',
  { job_variables: 'su' },
  `UPDATE job_variables SET key_id = $5, sealed = $6
    WHERE pipeline_id = $1 AND attempt = $2 AND index = $3 AND sealed = $4 RETURNING index`,
);
