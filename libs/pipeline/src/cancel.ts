import { at } from './composite-status.js';
import type { PipelineGraph } from './graph.js';
import { ok, refused, type Result } from './result.js';
import { decide, type Decision } from './settle.js';
import type { JobStatus, PipelineState, Situation } from './status.js';
import { stopped } from './stop.js';

export type CancelRefusal =
  | { readonly code: 'job_not_found' }
  | { readonly code: 'job_not_cancelable'; readonly status: JobStatus }
  | { readonly code: 'nothing_to_cancel' };

/** Cancels one job; what depends on it is skipped. */
export function cancelJob(
  graph: PipelineGraph,
  state: PipelineState,
  jobIndex: number,
  situation: Situation = {},
): Result<Decision, CancelRefusal> {
  if (!graph.jobs[jobIndex]) return refused({ code: 'job_not_found' });
  return cancelJobs(graph, state, [jobIndex], situation);
}

/** Cancels these jobs alone, those of them that have not ended. */
export function cancelJobs(
  graph: PipelineGraph,
  state: PipelineState,
  jobIndexes: readonly number[],
  situation: Situation = {},
): Result<Decision, CancelRefusal> {
  const chosen = new Set(jobIndexes);
  const before = graph.jobs.map((_, index) => at(state, index));
  const states = before.map((job, index) => (chosen.has(index) ? stopped(job) : job));
  if (states.every((job, index) => job === before[index])) {
    const [first = 0] = jobIndexes;
    return refused({ code: 'job_not_cancelable', status: at(state, first).status });
  }
  return ok(decide(graph, state, { states, situation }));
}

/** Cancels every job of the pipeline that has not ended; what has failed is not tried again. */
export function cancelPipeline(graph: PipelineGraph, state: PipelineState): Result<Decision, CancelRefusal> {
  const before = graph.jobs.map((_, index) => at(state, index));
  const states = before.map(stopped);
  if (states.every((job, index) => job === before[index])) return refused({ code: 'nothing_to_cancel' });
  return ok(decide(graph, state, { states, mark: 'canceled', situation: { isCanceled: true } }));
}
