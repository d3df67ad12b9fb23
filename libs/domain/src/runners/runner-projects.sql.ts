import { statement } from '../database/statement.js';

/** Lets a project use the runner of another one, which asks for jobs anew then. Harmless when it does already. */
export const shareRunner = statement<[runnerId: number, projectId: number], { runner_id: number }>(
  'share_runner',
  { runner: 'su', runner_project: 'si' },
  `
  WITH shared AS (
    INSERT INTO runner_project (runner_id, project_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING runner_id
  )
  UPDATE runner SET version = version + 1 FROM shared WHERE runner.id = shared.runner_id
  RETURNING runner.id AS runner_id`,
);

/** No row: the project does not use that runner, or owns it. */
export const unshareRunner = statement<[runnerId: number, projectId: number], { runner_id: number }>(
  'unshare_runner',
  { runner: 'su', runner_project: 'sd' },
  `
  WITH gone AS (
    DELETE FROM runner_project WHERE runner_id = $1 AND project_id = $2 RETURNING runner_id
  )
  UPDATE runner SET version = version + 1 FROM gone WHERE runner.id = gone.runner_id
  RETURNING runner.id AS runner_id`,
);

export interface RunnerJob {
  id: number;
  name: string;
  stage: string;
  status: string;
  allow_failure: boolean;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  queued_at: Date | null;
  runner_manager_id: number | null;
  system_id: string | null;
  pipeline_id: number;
  pipeline_iid: number;
  pipeline_status: string;
  source: string;
  ref: string;
  tag: boolean;
  sha: string;
  commit: { message?: string; title?: string; author?: { name?: string; email?: string } };
  project_id: number;
  full_name: string;
}

/**
 * Jobs that a runner was given, newest first: those that it holds, and of the others those among the server's last
 * `lookedThrough` ones. There is no index by runner: each claim would pay for it.
 */
export const jobsOfRunner = statement<
  [runnerId: number, status: string | null, systemId: string | null, lookedThrough: number, most: number, skip: number],
  RunnerJob
>(
  'jobs_of_runner',
  { job: 's', pipeline: 's', project: 's', runner_manager: 's' },
  `
  SELECT job.id, job.name, job.stage, job.status, job.allow_failure, job.created_at, job.started_at, job.finished_at,
    job.queued_at, job.runner_manager_id, runner_manager.system_id, pipeline.id AS pipeline_id,
    pipeline.iid AS pipeline_iid, pipeline.status AS pipeline_status, pipeline.source, pipeline.ref, pipeline.tag,
    pipeline.sha, pipeline.commit, project.id AS project_id, project.full_name
  FROM job
  JOIN pipeline ON pipeline.id = job.pipeline_id
  JOIN project ON project.id = job.project_id
  LEFT JOIN runner_manager ON runner_manager.id = job.runner_manager_id
  WHERE job.runner_id = $1 AND ($2::text IS NULL OR job.status = $2)
    AND ($3::text IS NULL OR runner_manager.system_id = $3)
    AND (job.id > (SELECT max(id) FROM job) - $4::bigint OR job.status IN ('running', 'canceling'))
  ORDER BY job.id DESC LIMIT $5 OFFSET $6`,
);
