import { applyDecision } from '../advance.js';
import { type AllowFailure, buildGraph, type PipelineGraph, type When } from '../graph.js';
import type { Decision } from '../settle.js';
import type { JobState, JobStatus, PipelineState } from '../status.js';

export interface JobSketch {
  readonly stage?: string;
  readonly when?: When;
  readonly allowFailure?: AllowFailure;
  readonly needs?: readonly string[] | null;
}

/** A graph from `{ name: sketch }`; stages are those named, in order of first mention. */
export function graphOf(sketches: Readonly<Record<string, JobSketch>>): PipelineGraph {
  const jobs = Object.entries(sketches).map(([name, sketch]) => ({
    name,
    stage: sketch.stage ?? 'test',
    when: sketch.when ?? ('on_success' as const),
    allowFailure: sketch.allowFailure ?? false,
    needs: sketch.needs?.map((job) => ({ job, optional: false })) ?? null,
  }));
  return buildGraph([...new Set(jobs.map((job) => job.stage))], jobs);
}

/** The states of a pipeline by job name; a job that is not named is created. */
export function stateOf(
  graph: PipelineGraph,
  statuses: Readonly<Record<string, JobStatus | readonly [JobStatus, number]>>,
): PipelineState {
  return graph.jobs.map(({ name }): JobState => {
    const given = statuses[name] ?? 'created';
    return typeof given === 'string' ? { status: given, exitCode: null } : { status: given[0], exitCode: given[1] };
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
