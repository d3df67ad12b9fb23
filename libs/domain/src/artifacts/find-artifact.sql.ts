import { statement } from '../database/statement.js';

export interface FoundArtifact {
  job_id: number;
  pipeline_id: number;
  attempt: number;
  name: string;
  stage_index: number;
  status: string;
  retried: boolean;
  /** Null where the job left no file of this type, or it has expired. */
  object_key: string | null;
  filename: string | null;
  size: number | null;
}

/** A job and its file of one type. No row: no such job. */
export const findArtifact = statement<[jobId: number, fileType: string, now: Date], FoundArtifact>(
  'find_artifact',
  { job: 's', artifact: 's' },
  `
  SELECT job.id AS job_id, job.pipeline_id, job.attempt, job.name, job.stage_index, job.status, job.retried,
    artifact.object_key, artifact.filename, artifact.size
  FROM job
  LEFT JOIN artifact ON artifact.job_id = job.id AND artifact.file_type = $2
    AND (artifact.expire_at IS NULL OR artifact.expire_at > $3)
  WHERE job.id = $1`,
);
