import { statement } from '../database/statement.js';

/**
 * The newest job of a name on a branch or tag that ended well and still has its archive. A job that was retried
 * counts no more. Pipelines are looked through from the newest on, and no more than `pipelinesMax` of them.
 */
export const archiveOfRef = statement<
  [projectId: number, ref: string, jobName: string, now: Date, pipelinesMax: number],
  { job_id: number }
>(
  'archive_of_ref',
  { pipeline: 's', job: 's', artifact: 's' },
  `
  SELECT job.id AS job_id
  FROM (
    SELECT id, attempt FROM pipeline WHERE project_id = $1 AND ref = $2 ORDER BY id DESC LIMIT $5
  ) AS recent
  JOIN job ON job.pipeline_id = recent.id AND job.attempt = recent.attempt
    AND job.name = $3 AND job.status = 'success' AND NOT job.retried
  JOIN artifact ON artifact.job_id = job.id AND artifact.file_type = 'archive'
    AND (artifact.expire_at IS NULL OR artifact.expire_at > $4)
  ORDER BY job.id DESC LIMIT 1`,
);
