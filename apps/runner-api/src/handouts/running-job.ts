import type { HeldJob } from '@crosstie/domain';

/** A job as its own token shows it. */
export function toRunningJob(job: HeldJob) {
  return {
    id: job.job_id,
    name: job.name,
    stage: job.stage,
    status: job.status,
    ref: job.ref,
    tag: job.tag,
    created_at: job.created_at,
    started_at: job.started_at,
    finished_at: null,
    user: job.user_id === null ? null : { id: job.user_id },
    commit: { id: job.sha, short_id: job.sha.slice(0, 8) },
    pipeline: {
      id: job.pipeline_id,
      iid: job.pipeline_iid,
      project_id: job.project_id,
      sha: job.sha,
      ref: job.ref,
      status: job.pipeline_status,
    },
    project: { id: job.project_id, path_with_namespace: job.full_name },
  };
}
