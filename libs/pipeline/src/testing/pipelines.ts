import { applyDecision } from '../advance.js';
import {
  type AllowFailure,
  buildGraph,
  type GraphOptions,
  type PipelineGraph,
  type RetryRule,
  type When,
} from '../graph.js';
import type { Decision } from '../settle.js';
import type { JobState, JobStatus, PipelineState } from '../status.js';

export interface JobSketch {
  readonly stage?: string;
  readonly when?: When;
  readonly allowFailure?: AllowFailure;
  readonly needs?: readonly string[] | null;
  readonly retry?: Partial<RetryRule>;
  readonly startInS?: number;
  readonly usesResource?: boolean;
  readonly interruptible?: boolean;
}

/** A graph from `{ name: sketch }`; stages are those named, in order of first mention. */
export function graphOf(sketches: Readonly<Record<string, JobSketch>>, options: GraphOptions = {}): PipelineGraph {
  const jobs = Object.entries(sketches).map(([name, sketch]) => ({
    name,
    stage: sketch.stage ?? 'test',
    when: sketch.when ?? ('on_success' as const),
    allowFailure: sketch.allowFailure ?? false,
    needs: sketch.needs?.map((job) => ({ job, optional: false })) ?? null,
    retry: sketch.retry ? { max: 1, when: [], exitCodes: [], ...sketch.retry } : null,
    startInS: sketch.startInS ?? null,
    usesResource: sketch.usesResource ?? false,
    interruptible: sketch.interruptible ?? false,
  }));
  return buildGraph([...new Set(jobs.map((job) => job.stage))], jobs, options);
}

/** The states of a pipeline by job name; a job that is not named is created. */
export function stateOf(
  graph: PipelineGraph,
  statuses: Readonly<Record<string, JobStatus | readonly [JobStatus, number] | JobState>>,
): PipelineState {
  return graph.jobs.map(({ name }): JobState => {
    const given = statuses[name] ?? 'created';
    if (typeof given === 'string') return { status: given, exitCode: null };
    return 'status' in given ? given : { status: given[0], exitCode: given[1] };
  });
}

export function namesOf(graph: PipelineGraph, indexes: readonly number[]): string[] {
  return indexes.map((index) => graph.jobs[index]?.name ?? '?');
}

/** What a decision changes, as `{ name: status }`. */
export function changesOf(graph: PipelineGraph, decision: Decision): Record<string, JobStatus> {
  return Object.fromEntries(decision.changes.map((change) => [graph.jobs[change.index]?.name ?? '?', change.status]));
}

/** Every job's status after a decision, as `{ name: status }`. */
export function statusesAfter(
  graph: PipelineGraph,
  before: PipelineState,
  decision: Decision,
): Record<string, JobStatus> {
  const after = applyDecision(before, decision);
  return Object.fromEntries(graph.jobs.map((job, index) => [job.name, after[index]?.status ?? 'created']));
}

export function indexOf(graph: PipelineGraph, name: string): number {
  return graph.jobs.findIndex((job) => job.name === name);
}
