import { isRetriedByItself } from './auto-retry.js';
import { at } from './composite-status.js';
import type { GraphJob, PipelineGraph } from './graph.js';
import { ok, refused, type Result } from './result.js';
import { decide, type Decision, enqueued } from './settle.js';
import type { JobState, JobStatus, PipelineState, Situation } from './status.js';

export type RetryRefusal =
  | { readonly code: 'job_not_found' }
  | { readonly code: 'job_not_retryable'; readonly status: JobStatus }
  | { readonly code: 'nothing_to_retry' };

const RETRYABLE_JOB: readonly JobStatus[] = ['success', 'failed', 'canceled', 'canceling'];
const RETRIED_WITH_PIPELINE: readonly JobStatus[] = ['failed', 'canceled'];

const CREATED: JobState = { status: 'created', exitCode: null };

/**
 * Runs one finished job again, at once, whatever its `when` says. Jobs after it that were skipped wait
 * again; what has run already is not repeated.
 */
export function retryJob(
  graph: PipelineGraph,
  state: PipelineState,
  jobIndex: number,
  situation: Situation = {},
): Result<Decision, RetryRefusal> {
  const job = graph.jobs[jobIndex];
  if (!job) return refused({ code: 'job_not_found' });
  const { status } = at(state, jobIndex);
  if (!RETRYABLE_JOB.includes(status)) return refused({ code: 'job_not_retryable', status });
  const states = setGoing(graph, state, jobIndex, situation);
  return ok(decide(graph, state, { states, renew: [jobIndex], mark: 'resumed', situation: {} }));
}

/** Runs every failed and cancelled job again, each when its turn comes; skipped jobs wait again. */
export function retryPipeline(graph: PipelineGraph, state: PipelineState): Result<Decision, RetryRefusal> {
  const renew = graph.order.filter((index) => RETRIED_WITH_PIPELINE.includes(at(state, index).status));
  if (renew.length === 0) return refused({ code: 'nothing_to_retry' });
  const again = new Set(renew);
  const states = graph.jobs.map((_, index) =>
    again.has(index) || at(state, index).status === 'skipped' ? CREATED : at(state, index),
  );
  return ok(decide(graph, state, { states, renew, mark: 'resumed', situation: {} }));
}

/** The states when one job is queued by a person: what was skipped because of it waits again. */
export function setGoing(
  graph: PipelineGraph,
  state: PipelineState,
  jobIndex: number,
  situation: Situation,
): PipelineState {
  const started = graph.jobs[jobIndex];
  const dependants = dependantsOf(graph, jobIndex);
  return graph.jobs.map((job, index) => {
    if (index === jobIndex) return enqueued(job);
    const isAfter = (started !== undefined && job.stage > started.stage) || dependants.has(index);
    const now = at(state, index);
    return isAfter && now.status === 'skipped' ? CREATED : past(job, now, situation);
  });
}

/** A failure that nothing follows from any more, now that somebody goes on in spite of it. */
function past(job: GraphJob, state: JobState, { isCanceled }: Situation): JobState {
  if (state.status !== 'failed' || state.isOld) return state;
  return !isCanceled && isRetriedByItself(job, state) ? state : { ...state, isOld: true };
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
