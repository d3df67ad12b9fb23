import { statement } from '../database/statement.js';

/** A job as the holder of its token sees it. */
export interface HeldJob {
  job_id: number;
  status: string;
  handout: number;
  attempt: number;
  index: number;
  stage_index: number;
  name: string;
  stage: string;
  pipeline_id: number;
  project_id: number;
  artifact_size_max: number;
  created_at: Date;
  started_at: Date | null;
  pipeline_iid: number;
  pipeline_status: string;
  sha: string;
  ref: string;
  tag: boolean;
  full_name: string;
  user_id: number | null;
}

/** The job that a token was handed out for; also after its end, so that a late call can be told so. */
export const heldJob = statement<[tokenHash: Buffer], HeldJob>(
  'held_job',
  { job: 's', pipeline: 's', project: 's' },
  `
  SELECT job.id AS job_id, job.status, job.handout, job.attempt, job.index, job.stage_index, job.name, job.stage,
    job.pipeline_id, job.project_id, job.created_at, job.started_at, project.artifact_size_max,
    pipeline.iid AS pipeline_iid, pipeline.status AS pipeline_status, pipeline.sha, pipeline.ref, pipeline.tag,
    project.full_name, coalesce(job.user_id, pipeline.user_id) AS user_id
  FROM job
  JOIN pipeline ON pipeline.id = job.pipeline_id
  JOIN project ON project.id = job.project_id
  WHERE job.token_hash = $1`,
);
