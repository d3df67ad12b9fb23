import { statement } from '../database/statement.js';

/** Forgets the files of a job, or all of them but the named types; their objects are returned. */
export const dropJobArtifacts = statement<
  [projectId: number, jobId: number, keptTypes: readonly string[]],
  { object_key: string }
>(
  'drop_job_artifacts',
  { artifact: 'sd' },
  `
  DELETE FROM artifact WHERE project_id = $1 AND job_id = $2 AND NOT (file_type = ANY ($3))
  RETURNING object_key`,
);

/** Lets the time of a project's files be over, some at once. Returns their jobs. */
export const expireProjectArtifacts = statement<
  [projectId: number, now: Date, artifactsMax: number],
  { job_id: number }
>(
  'expire_project_artifacts',
  { artifact: 'su', job: 's' },
  `
  UPDATE artifact SET expire_at = $2 WHERE id IN (
    SELECT artifact.id FROM artifact JOIN job ON job.id = artifact.job_id
    WHERE artifact.project_id = $1 AND (artifact.expire_at IS NULL OR artifact.expire_at > $2)
      AND job.status IN ('success', 'failed', 'canceled')
    LIMIT $3
  )
  RETURNING job_id`,
);

/** Takes the end from the time that a job's files are kept. No row: it has none. */
export const keepJobArtifacts = statement<[projectId: number, jobId: number, now: Date], { job_id: number }>(
  'keep_job_artifacts',
  { artifact: 'su' },
  `
  UPDATE artifact SET expire_at = NULL
  WHERE project_id = $1 AND job_id = $2 AND (expire_at IS NULL OR expire_at > $3)
  RETURNING job_id`,
);

/** Of the given keys those that no row names. */
export const unnamedObjects = statement<[keys: readonly string[]], { object_key: string }>(
  'unnamed_objects',
  { artifact: 's', trace: 's' },
  `
  SELECT key AS object_key FROM unnest($1::text[]) AS key
  WHERE NOT EXISTS (SELECT FROM artifact WHERE artifact.object_key = key)
    AND NOT EXISTS (SELECT FROM trace WHERE trace.object_key = key)`,
);
