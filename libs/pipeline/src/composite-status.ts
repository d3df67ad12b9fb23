import type { AllowFailure, PipelineGraph } from './graph.js';
import { JOB_STATUSES, type JobState, type JobStatus, type PipelineState, type PipelineStatus } from './status.js';

/** A job as a set sees it: failed or canceled and forgiven is *warned*, optional and untouched is *ignored*. */
type Kind = JobStatus | 'warned' | 'ignored';

const BITS = new Map<Kind, number>([...JOB_STATUSES, 'warned' as const, 'ignored' as const].map((k, i) => [k, 1 << i]));

function bits(...kinds: Kind[]): number {
  return kinds.reduce((mask, kind) => mask | (BITS.get(kind) ?? 0), 0);
}

interface Row {
  readonly is: 'only' | 'any';
  readonly of: number;
  readonly status: JobStatus;
}

const only = (status: JobStatus, ...kinds: Kind[]): Row => ({ is: 'only', of: bits(...kinds), status });
const any = (status: JobStatus, ...kinds: Kind[]): Row => ({ is: 'any', of: bits(...kinds), status });

/** The first row that fits decides; a set that no row fits has failed. */
const ROWS: readonly Row[] = [
  only('skipped', 'skipped', 'ignored'),
  only('success', 'success', 'skipped', 'warned', 'ignored'),
  only('created', 'created', 'warned', 'ignored'),
  only('preparing', 'preparing', 'warned', 'ignored'),
  only('canceled', 'canceled', 'success', 'skipped', 'warned', 'ignored'),
  only('pending', 'pending', 'created', 'skipped', 'warned', 'ignored'),
  any('running', 'running', 'pending'),
  any('waiting_for_resource', 'waiting_for_resource'),
  any('waiting_for_callback', 'waiting_for_callback'),
  any('manual', 'manual'),
  any('scheduled', 'scheduled'),
  any('preparing', 'preparing'),
  any('running', 'created'),
  any('canceling', 'canceling'),
];

/** Jobs that nothing is awaited of: ended, or optional and waiting for a person. */
const SETTLED = bits('success', 'failed', 'canceled', 'skipped', 'warned', 'ignored');
const SKIPPED_OR_IGNORED = bits('skipped', 'ignored');

/**
 * A set of jobs as one number: the kinds that are in it. Two sets join by `|`, so that the set of
 * all earlier stages costs one operation a job.
 */
export type JobSet = number;
export const EMPTY_SET: JobSet = 0;

/** The set of this one job. */
export function setOf(allowFailure: AllowFailure, state: JobState): JobSet {
  return BITS.get(kindOf(allowFailure, state)) ?? EMPTY_SET;
}

function kindOf(allowFailure: AllowFailure, state: JobState): Kind {
  if (state.status === 'manual' && allowFailure === true) return 'ignored';
  if (state.status !== 'failed' && state.status !== 'canceled') return state.status;
  return isForgiven(allowFailure, state) ? 'warned' : state.status;
}

/** Whether this failure or cancel does not count; exit codes forgive a failure with one of these codes alone. */
export function isForgiven(allowFailure: AllowFailure, state: JobState): boolean {
  if (typeof allowFailure === 'boolean') return allowFailure;
  return state.status === 'failed' && state.exitCode !== null && allowFailure.includes(state.exitCode);
}

/** The status of a set of jobs; an empty set, as the predecessors of a first job, is a success. */
export function statusOfSet(set: JobSet): JobStatus {
  if (set === EMPTY_SET) return 'success';
  const row = ROWS.find(({ is, of }) => (is === 'only' ? (set & ~of) === 0 : (set & of) !== 0));
  return row?.status ?? 'failed';
}

/** The status of the jobs that `needs` names: one that did not run counts for all of them. */
export function statusOfNeeds(set: JobSet): JobStatus {
  return (set & SKIPPED_OR_IGNORED) === 0 ? statusOfSet(set) : 'skipped';
}

/** Whether each job of the set has ended or is optional. */
export function isSettled(set: JobSet): boolean {
  return (set & ~SETTLED) === 0;
}

/** The status of the whole pipeline. */
export function pipelineStatusOf(graph: PipelineGraph, state: PipelineState): PipelineStatus {
  return statusOfSet(
    graph.jobs.reduce((set, job, index) => set | setOf(job.allowFailure, at(state, index)), EMPTY_SET),
  );
}

const NOT_STARTED: JobState = { status: 'created', exitCode: null };

/** The state of one job; a job without one has not begun. */
export function at(state: PipelineState, index: number): JobState {
  return state[index] ?? NOT_STARTED;
}
