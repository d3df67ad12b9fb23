import { at } from './composite-status.js';
import type { PipelineGraph } from './graph.js';
import { ok, refused, type Result } from './result.js';
import { decide, type Decision } from './settle.js';
import type { JobState, JobStatus, PipelineState } from './status.js';

export type CancelRefusal =
  | { readonly code: 'job_not_found' }
  | { readonly code: 'job_not_cancelable'; readonly status: JobStatus }
  | { readonly code: 'nothing_to_cancel' };

/** What a cancel makes of a job: a runner that has it is asked first and answers in its own time. */
const CANCELED_AS: Partial<Record<JobStatus, JobStatus>> = {
  created: 'canceled',
  waiting_for_resource: 'canceled',
  preparing: 'canceled',
  waiting_for_callback: 'canceled',
  pending: 'canceled',
  manual: 'canceled',
  scheduled: 'canceled',
  running: 'canceling',
};

/** Cancels one job; what depends on it is skipped. */
export function cancelJob(
  graph: PipelineGraph,
  state: PipelineState,
  jobIndex: number,
): Result<Decision, CancelRefusal> {
  if (!graph.jobs[jobIndex]) return refused({ code: 'job_not_found' });
  const now = at(state, jobIndex);
  const next = CANCELED_AS[now.status];
  if (!next) return refused({ code: 'job_not_cancelable', status: now.status });
  const changed = graph.jobs.map((_, index): JobState => (index === jobIndex ? canceled(next) : at(state, index)));
  return ok(decide(graph, state, changed, []));
}

/** Cancels every job of the pipeline that has not ended. */
export function cancelPipeline(graph: PipelineGraph, state: PipelineState): Result<Decision, CancelRefusal> {
  const changed = graph.jobs.map((_, index) => {
    const next = CANCELED_AS[at(state, index).status];
    return next ? canceled(next) : at(state, index);
  });
  if (changed.every((job, index) => job === at(state, index))) return refused({ code: 'nothing_to_cancel' });
  return ok(decide(graph, state, changed, []));
}

function canceled(status: JobStatus): JobState {
  return { status, exitCode: null };
}
