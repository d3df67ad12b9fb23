import { at } from './composite-status.js';
import type { PipelineGraph } from './graph.js';
import { ok, refused, type Result } from './result.js';
import { retryJob, setGoing } from './retry.js';
import { decide, type Decision } from './settle.js';
import type { JobStatus, PipelineState, Situation } from './status.js';

export type PlayRefusal =
  | { readonly code: 'job_not_found' }
  | { readonly code: 'job_not_playable'; readonly status: JobStatus };

/**
 * Starts a job that waits for a person or for its time. Jobs that were skipped because of it wait
 * again. A manual or delayed job that has ended is run again, as by a retry.
 */
export function playJob(
  graph: PipelineGraph,
  state: PipelineState,
  jobIndex: number,
  situation: Situation = {},
): Result<Decision, PlayRefusal> {
  const job = graph.jobs[jobIndex];
  if (!job) return refused({ code: 'job_not_found' });
  const { status } = at(state, jobIndex);
  if (status === 'manual' || status === 'scheduled') {
    const states = setGoing(graph, state, jobIndex, situation);
    return ok(decide(graph, state, { states, mark: 'resumed', situation: {} }));
  }
  const isAction = job.when === 'manual' || job.when === 'delayed';
  const retried = isAction ? retryJob(graph, state, jobIndex, situation) : null;
  return retried?.ok ? retried : refused({ code: 'job_not_playable', status });
}

/** Takes the time from a job that waits for it: from now on it waits for a person. */
export function unscheduleJob(
  graph: PipelineGraph,
  state: PipelineState,
  jobIndex: number,
  situation: Situation = {},
): Result<Decision, PlayRefusal> {
  if (!graph.jobs[jobIndex]) return refused({ code: 'job_not_found' });
  const { status } = at(state, jobIndex);
  if (status !== 'scheduled') return refused({ code: 'job_not_playable', status });
  const states = graph.jobs.map((_, index) =>
    index === jobIndex ? { status: 'manual' as const, exitCode: null } : at(state, index),
  );
  return ok(decide(graph, state, { states, situation }));
}
