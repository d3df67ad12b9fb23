import { statement } from '../database/statement.js';

/** Keeps, sealed, what must not stand in the log of a hand-out. */
export const keepJobSecrets = statement<
  [jobId: number, handout: number, keyId: string, sealed: Buffer, now: Date],
  never
>(
  'keep_job_secrets',
  { job_secret: 'siu' },
  `
  INSERT INTO job_secret (job_id, handout, key_id, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (job_id) DO UPDATE
    SET handout = excluded.handout, key_id = excluded.key_id, sealed = excluded.sealed, created_at = excluded.created_at
    WHERE job_secret.handout < excluded.handout`,
);

export interface FoundJobSecrets {
  handout: number;
  pipeline_id: number;
  project_id: number;
  /** Null where there was nothing but the tokens. */
  sealed: Buffer | null;
}

/** What was sealed for the hand-out of a token; no row: not the token of a job that runs. */
export const findJobSecrets = statement<[jobId: number, tokenHash: Buffer], FoundJobSecrets>(
  'find_job_secrets',
  { job: 's', job_secret: 's' },
  `
  SELECT job.handout, job.pipeline_id, job.project_id, job_secret.sealed
  FROM job LEFT JOIN job_secret ON job_secret.job_id = job.id AND job_secret.handout = job.handout
  WHERE job.id = $1 AND job.token_hash = $2 AND job.status IN ('running', 'canceling')`,
);
