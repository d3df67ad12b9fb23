import {
  at,
  EMPTY_SET,
  isSettled,
  type JobSet,
  pipelineStatusOf,
  setOf,
  statusOfNeeds,
  statusOfSet,
} from './composite-status.js';
import type { GraphJob, PipelineGraph, When } from './graph.js';
import { isCompleted, type JobState, type JobStatus, type PipelineState, type PipelineStatus } from './status.js';

export interface JobChange {
  readonly index: number;
  readonly status: JobStatus;
  readonly exitCode: number | null;
}

/** What a decision asks the shell to store: `changes` holds each job whose status is another one now. */
export interface Decision {
  readonly changes: readonly JobChange[];
  /** Jobs that wait for a runner now and did not before. */
  readonly queue: readonly number[];
  /** Jobs that waited for a runner and no longer do. */
  readonly unqueue: readonly number[];
  /** Jobs that get a new row for a new try; their status is in `changes`. */
  readonly renew: readonly number[];
  readonly pipelineStatus: PipelineStatus;
}

interface Moves {
  readonly stageMode: readonly JobStatus[];
  readonly needsMode: readonly JobStatus[];
}

/** The statuses of its predecessors with which a job moves on; with any other completed one it is skipped. */
const MOVES_ON: Readonly<Record<When, Moves>> = {
  on_success: { stageMode: ['success', 'skipped'], needsMode: ['success'] },
  on_failure: { stageMode: ['failed'], needsMode: ['failed'] },
  always: { stageMode: ['success', 'failed', 'skipped'], needsMode: ['success', 'failed', 'skipped'] },
};

/**
 * Moves every `created` job whose predecessors are done, until nothing moves. The outcome follows
 * from the states alone: it may be asked again at any time, also when an event was lost or came twice.
 */
export function settle(graph: PipelineGraph, state: PipelineState): Decision {
  return decide(graph, state, state, []);
}

/**
 * Settles `changed` and says what that differs from `before`.
 *
 * @param renew jobs that start again as a new try, whatever they were before
 */
export function decide(
  graph: PipelineGraph,
  before: PipelineState,
  changed: PipelineState,
  renew: readonly number[],
): Decision {
  const after = settledStates(graph, changed);
  const renewed = new Set(renew);
  const changes: JobChange[] = [];
  const queue: number[] = [];
  const unqueue: number[] = [];
  for (const index of graph.order) {
    const was = at(before, index).status;
    const { status: is, exitCode } = at(after, index);
    if (was !== is || renewed.has(index)) changes.push({ index, status: is, exitCode });
    if (is === 'pending' && (was !== 'pending' || renewed.has(index))) queue.push(index);
    if (was === 'pending' && is !== 'pending') unqueue.push(index);
  }
  return { changes, queue, unqueue, renew, pipelineStatus: pipelineStatusOf(graph, after) };
}

function settledStates(graph: PipelineGraph, state: PipelineState): PipelineState {
  const states = graph.jobs.map((_, index) => at(state, index));
  let stage = 0;
  let earlierStages: JobSet = EMPTY_SET;
  let stageSoFar: JobSet = EMPTY_SET;
  for (const index of graph.order) {
    const job = graph.jobs[index];
    if (!job) continue;
    if (job.stage !== stage) {
      earlierStages |= stageSoFar;
      stageSoFar = EMPTY_SET;
      stage = job.stage;
    }
    const next = nextState(graph, states, job, at(states, index), earlierStages);
    states[index] = next;
    stageSoFar |= setOf(job.allowFailure, next);
  }
  return states;
}

function nextState(
  graph: PipelineGraph,
  states: PipelineState,
  job: GraphJob,
  now: JobState,
  earlierStages: JobSet,
): JobState {
  if (now.status !== 'created') return now;
  const predecessors = job.needs === null ? earlierStages : needsSet(graph, states, job.needs);
  const status = job.needs === null ? statusOfSet(predecessors) : statusOfNeeds(predecessors);
  if (!isCompleted(status)) return now;
  const moves = MOVES_ON[job.when];
  const movesOn = (job.needs === null ? moves.stageMode : moves.needsMode).includes(status);
  if (!movesOn) return { status: 'skipped', exitCode: null };
  // One skipped need decides for all of them, but no job may start while another need still runs.
  return isSettled(predecessors) ? { status: 'pending', exitCode: null } : now;
}

function needsSet(graph: PipelineGraph, states: PipelineState, needs: readonly number[]): JobSet {
  return needs.reduce((set, need) => set | setOf(graph.jobs[need]?.allowFailure ?? false, at(states, need)), EMPTY_SET);
}
