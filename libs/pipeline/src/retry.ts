import { at } from './composite-status.js';
import type { PipelineGraph } from './graph.js';
import { ok, refused, type Result } from './result.js';
import { decide, type Decision } from './settle.js';
import type { JobState, JobStatus, PipelineState } from './status.js';

export type RetryRefusal =
  | { readonly code: 'job_not_found' }
  | { readonly code: 'job_not_retryable'; readonly status: JobStatus }
  | { readonly code: 'nothing_to_retry' };

const RETRYABLE_JOB: readonly JobStatus[] = ['success', 'failed', 'canceled', 'canceling'];
const RETRIED_WITH_PIPELINE: readonly JobStatus[] = ['failed', 'canceled'];

const CREATED: JobState = { status: 'created', exitCode: null };
const PENDING: JobState = { status: 'pending', exitCode: null };

/**
 * Runs one finished job again, at once. Jobs after it that were skipped wait again; what has run
 * already is not repeated.
 */
export function retryJob(graph: PipelineGraph, state: PipelineState, jobIndex: number): Result<Decision, RetryRefusal> {
  const job = graph.jobs[jobIndex];
  if (!job) return refused({ code: 'job_not_found' });
  const { status } = at(state, jobIndex);
  if (!RETRYABLE_JOB.includes(status)) return refused({ code: 'job_not_retryable', status });
  const dependants = dependantsOf(graph, jobIndex);
  const changed = graph.jobs.map((other, index) => {
    if (index === jobIndex) return PENDING;
    const isAfter = other.stage > job.stage || dependants.has(index);
    return isAfter && at(state, index).status === 'skipped' ? CREATED : at(state, index);
  });
  return ok(decide(graph, state, changed, [jobIndex]));
}

/** Runs every failed and cancelled job again, each when its turn comes; skipped jobs wait again. */
export function retryPipeline(graph: PipelineGraph, state: PipelineState): Result<Decision, RetryRefusal> {
  const renew = graph.order.filter((index) => RETRIED_WITH_PIPELINE.includes(at(state, index).status));
  if (renew.length === 0) return refused({ code: 'nothing_to_retry' });
  const again = new Set(renew);
  const changed = graph.jobs.map((_, index) =>
    again.has(index) || at(state, index).status === 'skipped' ? CREATED : at(state, index),
  );
  return ok(decide(graph, state, changed, renew));
}

/** Everything that needs this job, directly or through others. */
function dependantsOf(graph: PipelineGraph, jobIndex: number): ReadonlySet<number> {
  const found = new Set([jobIndex]);
  for (const index of graph.order) {
    if (graph.jobs[index]?.needs?.some((need) => found.has(need))) found.add(index);
  }
  found.delete(jobIndex);
  return found;
}
