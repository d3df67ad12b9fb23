import type { ReceivedStatus, SimulatorControl } from '@crosstie/github-simulator';

import type { Api } from './api.js';
import { until } from './until.js';

export interface JobView {
  id: number;
  name: string;
  status: string;
  created_at: string;
  started_at: string | null;
}

export interface PipelineView {
  id: number;
  project_id: number;
  sha: string;
  status: string;
  failure_reason: string | null;
  crosstie: { failure_message: string | null; received_at: string | null };
  user: { username?: string };
  jobs: JobView[];
}

/** The pipeline of a commit, once `wanted` holds; a pipeline that ends otherwise is an error at once. */
export async function followPipeline(
  api: Api,
  repository: string,
  sha: string,
  wanted: (pipeline: PipelineView) => boolean,
): Promise<PipelineView> {
  const base = `/api/v4/projects/${encodeURIComponent(repository)}/pipelines`;
  return until(
    async () => {
      const [basic] = await api.read<{ id: number }[]>(`${base}?sha=${sha}`);
      if (!basic) return null;
      const pipeline = await api.read<PipelineView>(`${base}/${basic.id}`);
      pipeline.jobs = (await api.read<JobView[]>(`${base}/${basic.id}/jobs`)).sort((a, b) => a.id - b.id);
      // Thrown, so that the error of a wait in vain tells how far it had come.
      if (!wanted(pipeline)) throw new Error(describeProgress(pipeline));
      return pipeline;
    },
    `the pipeline of ${sha.slice(0, 8)} to get there`,
    60_000,
  );
}

/** What GitHub received for a commit, oldest first. */
export function statusesOf(control: SimulatorControl, repository: string, sha: string): Promise<ReceivedStatus[]> {
  return control.statuses(repository, sha);
}

/** The time from the webhook's arrival to the first job in a runner's hands, as the API tells it. */
export function timeToStart(pipeline: PipelineView) {
  const starts = pipeline.jobs.flatMap((job) => (job.started_at ? [new Date(job.started_at).getTime()] : []));
  const received = pipeline.crosstie.received_at;
  if (!received || starts.length === 0) throw new Error('the API tells no times');
  const ms = Math.min(...starts) - new Date(received).getTime();
  return { shown: `${ms} ms (delivery received ${received})`, value: ms };
}

function describeProgress({ id, status, jobs, crosstie }: PipelineView): string {
  const why = jobs.map((job) => `${job.name} ${job.status}`).join(', ') || (crosstie.failure_message ?? 'no jobs');
  return `pipeline ${id} is ${status}: ${why}`;
}
