import { statement } from '../database/statement.js';

/** What one job has left to later ones; the file's parts are null where it left none, so is `dotenv`. */
export interface LeftByJob {
  job_id: number;
  name: string;
  filename: string | null;
  size: number | null;
  dotenv: { key: string; value: string }[] | null;
  /** It left an archive that has expired or was erased. */
  gone: boolean;
}

/**
 * The archives and variables that a job gets: of the named jobs, or (null) of all in earlier stages. The newest
 * try of each alone, and only of jobs that have ended well. Later jobs come later: their variables win.
 */
export const leftByDependencies = statement<
  [pipelineId: number, attempt: number, names: readonly string[] | null, stageIndex: number, now: Date],
  LeftByJob
>(
  'left_by_dependencies',
  { job: 's', artifact: 's', job_dotenv: 's' },
  `
  SELECT job.id AS job_id, job.name, artifact.filename, artifact.size, job_dotenv.variables AS dotenv,
    (job.archive_expired AND artifact.job_id IS NULL) OR artifact.expire_at <= $5 OR job.erased_at IS NOT NULL AS gone
  FROM job
  LEFT JOIN artifact ON artifact.job_id = job.id AND artifact.file_type = 'archive'
  LEFT JOIN job_dotenv ON job_dotenv.job_id = job.id
  WHERE job.pipeline_id = $1 AND job.attempt = $2 AND NOT job.retried
    AND (job.status = 'success' OR (job.status = 'failed' AND job.allow_failure))
    AND CASE WHEN $3::text[] IS NULL THEN job.stage_index < $4 ELSE job.name = ANY ($3) END
    AND (artifact.job_id IS NOT NULL OR job_dotenv.job_id IS NOT NULL OR job.archive_expired
         OR job.erased_at IS NOT NULL)
  ORDER BY job.stage_index, job.index`,
);

/** What one job of a pipeline is: the part of the definition that holds it. */
export const jobDefinitionPart = statement<[pipelineId: number, attempt: number, index: number], { body: Buffer }>(
  'job_definition_part',
  { pipeline_definition: 's' },
  'SELECT body FROM pipeline_definition WHERE pipeline_id = $1 AND attempt = $2 AND part = 1 + $3::integer / 32',
);
