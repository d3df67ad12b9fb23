import type { RunnerJob } from '@crosstie/domain';

/** A job as the list of a runner's jobs shows it, in GitLab's words. */
export interface ApiRunnerJob {
  id: number;
  status: string;
  stage: string;
  name: string;
  ref: string;
  tag: boolean;
  coverage: null;
  allow_failure: boolean;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  duration: number | null;
  queued_duration: number | null;
  system_id: string | null;
  commit: { id: string; short_id: string; title: string; message: string };
  pipeline: { id: number; iid: number; project_id: number; status: string; source: string; ref: string; sha: string };
  web_url: string;
  project: { id: number; name: string; path: string; path_with_namespace: string };
}

export function toApiRunnerJob(job: RunnerJob, serverUrl: string, now: Date): ApiRunnerJob {
  const name = job.full_name.split('/').at(-1) ?? job.full_name;
  return {
    id: job.id,
    status: job.status,
    stage: job.stage,
    name: job.name,
    ref: job.ref,
    tag: job.tag,
    coverage: null,
    allow_failure: job.allow_failure,
    created_at: job.created_at.toISOString(),
    started_at: job.started_at?.toISOString() ?? null,
    finished_at: job.finished_at?.toISOString() ?? null,
    duration: seconds(job.started_at, job.finished_at ?? now),
    queued_duration: seconds(job.queued_at, job.started_at ?? now),
    system_id: job.system_id,
    commit: {
      id: job.sha,
      short_id: job.sha.slice(0, 8),
      title: text(job.commit['title']),
      message: text(job.commit['message']),
    },
    pipeline: {
      id: job.pipeline_id,
      iid: job.pipeline_iid,
      project_id: job.project_id,
      status: job.pipeline_status,
      source: job.source,
      ref: job.ref,
      sha: job.sha,
    },
    web_url: `${serverUrl}/${job.full_name}/-/jobs/${job.id}`,
    project: { id: job.project_id, name, path: name, path_with_namespace: job.full_name },
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function seconds(from: Date | null, to: Date): number | null {
  return from && Math.max(0, (to.getTime() - from.getTime()) / 1000);
}
