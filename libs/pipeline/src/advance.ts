import { at } from './composite-status.js';
import type { PipelineGraph } from './graph.js';
import { decide, type Decision, settle } from './settle.js';
import type { JobState, JobStatus, PipelineState, Situation } from './status.js';

/** What became of a job, as its runner or the reaper reports it. */
export interface JobReport {
  readonly jobIndex: number;
  readonly status: 'running' | 'success' | 'failed' | 'canceled';
  readonly exitCode: number | null;
  readonly failureReason?: string | null;
}

/** The first decision of a pipeline: every job is created, and what waits for nothing is pending. */
export function startPipeline(graph: PipelineGraph): Decision {
  const decision = settle(graph, []);
  const states = applyDecision([], decision);
  return { ...decision, changes: graph.jobs.map((_, index) => ({ index, ...at(states, index) })) };
}

/** The states after a decision, for a caller that keeps them. */
export function applyDecision(state: PipelineState, decision: Decision): PipelineState {
  const next = [...state];
  const renewed = new Set(decision.renew);
  for (const { index, status, exitCode } of decision.changes) {
    const tries = (at(state, index).tries ?? 1) + (renewed.has(index) ? 1 : 0);
    next[index] = tries === 1 ? { status, exitCode } : { status, exitCode, tries };
  }
  for (const index of decision.forgive) next[index] = { ...at(next, index), isForgiven: true };
  if (decision.mark !== 'resumed') return next;
  return next.map((job) => (job.status === 'failed' ? { ...job, isOld: true } : job));
}

/** From which status a report is believed. What comes late, twice or out of order changes nothing. */
const BELIEVED: Readonly<Record<JobReport['status'], readonly JobStatus[]>> = {
  running: ['pending'],
  success: ['pending', 'running', 'canceling'],
  failed: ['created', 'pending', 'running', 'canceling'],
  canceled: ['created', 'pending', 'running', 'canceling'],
};

/**
 * Takes in what happened to one job and says what moves because of it. A job that was being
 * cancelled ends as canceled, whatever its runner says of it.
 */
export function advance(
  graph: PipelineGraph,
  state: PipelineState,
  report: JobReport,
  situation: Situation = {},
): Decision {
  const now = at(state, report.jobIndex);
  if (!graph.jobs[report.jobIndex] || !BELIEVED[report.status].includes(now.status)) {
    return settle(graph, state, situation);
  }
  const states = withState(graph, state, report.jobIndex, reported(now, report));
  return decide(graph, state, { states, situation });
}

function reported(now: JobState, { status, exitCode, failureReason }: JobReport): JobState {
  const kept = now.tries === undefined ? {} : { tries: now.tries };
  if (now.status === 'canceling') {
    return { ...kept, status: status === 'running' ? 'canceling' : 'canceled', exitCode: null };
  }
  if (status !== 'failed') return { ...kept, status, exitCode: null };
  return { ...kept, status, exitCode, ...(failureReason ? { failureReason } : {}) };
}

function withState(graph: PipelineGraph, state: PipelineState, index: number, next: JobState): PipelineState {
  return graph.jobs.map((_, i) => (i === index ? next : at(state, i)));
}
