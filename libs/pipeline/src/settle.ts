import { isRetriedByItself } from './auto-retry.js';
import {
  at,
  EMPTY_SET,
  isForgiven,
  isSettled,
  type JobSet,
  pipelineStatusOf,
  setOf,
  statusOfNeeds,
  statusOfSet,
} from './composite-status.js';
import type { GraphJob, PipelineGraph, When } from './graph.js';
import {
  isCompleted,
  type JobState,
  type JobStatus,
  type PipelineState,
  type PipelineStatus,
  type Situation,
} from './status.js';
import { stopped } from './stop.js';

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
  /** Failed jobs whose rows are to say from now on that they may fail: their exit code is forgiven. */
  readonly forgive: readonly number[];
  /** Whether the pipeline as a whole was ended, or set going again. */
  readonly mark: 'canceled' | 'resumed' | null;
  readonly pipelineStatus: PipelineStatus;
}

interface Moves {
  readonly stageMode: readonly JobStatus[];
  readonly needsMode: readonly JobStatus[];
}

const AFTER_SUCCESS: Moves = { stageMode: ['success', 'skipped'], needsMode: ['success'] };

/** The statuses of its predecessors with which a job moves on; with any other completed one it is skipped. */
const MOVES_ON: Readonly<Record<When, Moves>> = {
  on_success: AFTER_SUCCESS,
  manual: AFTER_SUCCESS,
  delayed: AFTER_SUCCESS,
  on_failure: { stageMode: ['failed'], needsMode: ['failed'] },
  always: { stageMode: ['success', 'failed', 'skipped'], needsMode: ['success', 'failed', 'skipped'] },
};

/**
 * Moves every job that can move by itself, until nothing moves: created ones whose predecessors are
 * done, scheduled ones whose time has come, failed ones that are tried again. The outcome follows from
 * the states alone: it may be asked again at any time, also when an event was lost or came twice.
 */
export function settle(graph: PipelineGraph, state: PipelineState, situation: Situation = {}): Decision {
  return decide(graph, state, { states: state, situation });
}

/** What has been decided of a pipeline before it settles. */
export interface Changed {
  readonly states: PipelineState;
  /** Jobs that start again as a new try, whatever they were before. */
  readonly renew?: readonly number[];
  readonly mark?: Decision['mark'];
  readonly situation: Situation;
}

/** Settles what has been changed and says in what it differs from `before`. */
export function decide(graph: PipelineGraph, before: PipelineState, changed: Changed): Decision {
  const { states, situation } = changed;
  const again = situation.isCanceled ? [] : graph.order.filter((index) => triesAgain(graph, states, index));
  const renewed = new Set([...(changed.renew ?? []), ...again]);
  const retried = graph.jobs.map((job, index) => (again.includes(index) ? enqueued(job) : at(states, index)));
  const ends = graph.cancelsOnFailure === true && !situation.isCanceled && hasFreshFailure(graph, retried);
  const after = settledStates(graph, ends ? retried.map(stopped) : retried);
  return {
    ...differences(graph, before, after, renewed),
    renew: graph.order.filter((index) => renewed.has(index)),
    forgive: graph.order.filter((index) => isNewlyForgiven(graph.jobs[index], at(after, index))),
    mark: ends ? 'canceled' : (changed.mark ?? null),
    pipelineStatus: pipelineStatusOf(graph, after),
  };
}

function differences(
  graph: PipelineGraph,
  before: PipelineState,
  after: PipelineState,
  renewed: ReadonlySet<number>,
): Pick<Decision, 'changes' | 'queue' | 'unqueue'> {
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
  return { changes, queue, unqueue };
}

function triesAgain(graph: PipelineGraph, states: PipelineState, index: number): boolean {
  const job = graph.jobs[index];
  const state = at(states, index);
  return job !== undefined && !state.isOld && isRetriedByItself(job, state);
}

function hasFreshFailure(graph: PipelineGraph, states: PipelineState): boolean {
  return graph.jobs.some((job, index) => {
    const state = at(states, index);
    return state.status === 'failed' && !state.isOld && !isForgiven(job.allowFailure, state);
  });
}

function isNewlyForgiven(job: GraphJob | undefined, state: JobState): boolean {
  if (job === undefined || typeof job.allowFailure === 'boolean' || state.isForgiven) return false;
  return isForgiven(job.allowFailure, state);
}

/** How a job waits to be run: for its resource first, where it uses one. */
export function enqueued(job: GraphJob): JobState {
  return { status: job.usesResource ? 'waiting_for_resource' : 'pending', exitCode: null };
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
  if (now.status === 'scheduled' && now.isDue) return enqueued(job);
  if (now.status !== 'created') return now;
  const predecessors = job.needs === null ? earlierStages : needsSet(graph, states, job.needs);
  const status = job.needs === null ? statusOfSet(predecessors) : statusOfNeeds(predecessors);
  if (!isCompleted(status)) return now;
  const moves = MOVES_ON[job.when];
  const movesOn = (job.needs === null ? moves.stageMode : moves.needsMode).includes(status);
  if (!movesOn) return { status: 'skipped', exitCode: null };
  // One skipped need decides for all of them, but no job may start while another need still runs.
  return isSettled(predecessors) ? activated(job) : now;
}

/** What a job becomes when its turn has come. */
function activated(job: GraphJob): JobState {
  if (job.when === 'manual') return { status: 'manual', exitCode: null };
  if (job.when === 'delayed') return { status: 'scheduled', exitCode: null };
  return enqueued(job);
}

function needsSet(graph: PipelineGraph, states: PipelineState, needs: readonly number[]): JobSet {
  return needs.reduce((set, need) => set | setOf(graph.jobs[need]?.allowFailure ?? false, at(states, need)), EMPTY_SET);
}
