import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import {
  advance,
  applyDecision,
  buildGraph,
  cancelPipeline,
  isCompleted,
  isForgiven,
  type JobReport,
  type PipelineGraph,
  type PipelineState,
  settle,
  startPipeline,
  WHENS,
} from './index.js';

const STAGES = ['one', 'two', 'three', 'four'];

/** Graphs as the compiler may make them: needs point at earlier jobs of the same or an earlier stage. */
const graphs: fc.Arbitrary<PipelineGraph> = fc
  .array(
    fc.record({
      stage: fc.nat({ max: STAGES.length - 1 }),
      when: fc.constantFrom(...WHENS),
      allowFailure: fc.oneof(fc.boolean(), fc.constant([7])),
      needs: fc.option(fc.array(fc.nat({ max: 30 }), { maxLength: 4 })),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((sketches) => {
    const sorted = sketches.toSorted((a, b) => a.stage - b.stage);
    return buildGraph(
      STAGES,
      sorted.map((sketch, index) => ({
        name: `j${index}`,
        stage: STAGES[sketch.stage] ?? 'one',
        when: sketch.when,
        allowFailure: sketch.allowFailure,
        needs:
          sketch.needs?.filter(() => index > 0).map((need) => ({ job: `j${need % index}`, optional: false })) ?? null,
      })),
    );
  });

/** What each job's runner will say, fixed before the order of things is. */
const outcomes = fc.array(fc.constantFrom<Outcome>(['success', null], ['failed', 1], ['failed', 7]), {
  minLength: 14,
  maxLength: 14,
});
type Outcome = readonly ['success' | 'failed', number | null];

/** Which of the open jobs is next, step by step. */
const choices = fc.array(fc.nat(), { minLength: 30, maxLength: 30 });

interface Run {
  readonly state: PipelineState;
  readonly steps: number;
}

/** Runs the pipeline to its end, taking and ending jobs in the order that `choice` gives. */
function run(
  graph: PipelineGraph,
  outcome: readonly Outcome[],
  choice: readonly number[],
  check: (before: PipelineState, index: number) => void,
): Run {
  const start = startPipeline(graph);
  let state = applyDecision([], start);
  for (const index of start.queue) check(state, index);
  let steps = 0;
  for (;;) {
    const open = state.flatMap(({ status }, index) => (status === 'pending' || status === 'running' ? [index] : []));
    if (open.length === 0) return { state, steps };
    const jobIndex = open[(choice[steps % choice.length] ?? 0) % open.length] ?? 0;
    const [ended, exitCode] = outcome[jobIndex] ?? (['success', null] as const);
    const report: JobReport =
      state[jobIndex]?.status === 'pending'
        ? { jobIndex, status: 'running', exitCode: null }
        : { jobIndex, status: ended, exitCode };
    const decision = advance(graph, state, report);
    state = applyDecision(state, decision);
    for (const index of decision.queue) check(state, index);
    steps += 1;
  }
}

/** The rule once more and independently: everything before a queued job has ended. */
function predecessorsOf(graph: PipelineGraph, index: number): number[] {
  const job = graph.jobs[index];
  if (!job) return [];
  if (job.needs) return [...job.needs];
  return graph.jobs.flatMap((other, i) => (other.stage < job.stage ? [i] : []));
}

describe('whatever the order in which jobs end', () => {
  it('every pipeline ends, and no job is queued before what it waits for has ended', () => {
    fc.assert(
      fc.property(graphs, outcomes, choices, (graph, outcome, choice) => {
        const { state, steps } = run(graph, outcome, choice, (before, index) => {
          for (const needed of predecessorsOf(graph, index)) {
            expect(isCompleted(before[needed]?.status ?? 'created')).toBe(true);
          }
        });
        expect(state.map((job) => job.status).filter((status) => !isCompleted(status))).toEqual([]);
        expect(steps).toBeLessThanOrEqual(graph.jobs.length * 2);
        expect(isCompleted(settle(graph, state).pipelineStatus)).toBe(true);
        expect(settle(graph, state).changes).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('every job ends the same', () => {
    fc.assert(
      fc.property(graphs, outcomes, choices, (graph, outcome, choice) => {
        const oneOrder = run(graph, outcome, choice, () => undefined);
        const inOrder = run(graph, outcome, [0], () => undefined);
        expect(oneOrder.state).toEqual(inOrder.state);
      }),
      { numRuns: 300 },
    );
  });

  it('a pipeline fails exactly when a job that may not fail has failed', () => {
    fc.assert(
      fc.property(graphs, outcomes, choices, (graph, outcome, choice) => {
        const { state } = run(graph, outcome, choice, () => undefined);
        const failed = graph.jobs.some((job, index) => {
          const now = state[index];
          return now?.status === 'failed' && !isForgiven(job.allowFailure, now);
        });
        expect(settle(graph, state).pipelineStatus === 'failed').toBe(failed);
      }),
      { numRuns: 300 },
    );
  });

  it('a report that comes twice, or after the end, changes nothing more', () => {
    fc.assert(
      fc.property(
        graphs,
        fc.array(fc.tuple(fc.nat({ max: 13 }), fc.nat({ max: 3 })), { maxLength: 60 }),
        (graph, reports) => {
          let state = applyDecision([], startPipeline(graph));
          for (const [jobIndex, kind] of reports) {
            const status = (['running', 'success', 'failed', 'canceled'] as const)[kind] ?? 'running';
            const once = applyDecision(state, advance(graph, state, { jobIndex, status, exitCode: 1 }));
            const twice = applyDecision(once, advance(graph, once, { jobIndex, status, exitCode: 1 }));
            expect(twice).toEqual(once);
            for (const [index, before] of state.entries()) {
              if (isCompleted(before.status)) expect(once[index]).toEqual(before);
            }
            state = once;
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a cancel ends every pipeline as soon as its runners have answered', () => {
    fc.assert(
      fc.property(graphs, fc.array(fc.nat({ max: 13 }), { maxLength: 20 }), (graph, started) => {
        let state = applyDecision([], startPipeline(graph));
        for (const jobIndex of started) {
          state = applyDecision(state, advance(graph, state, { jobIndex, status: 'running', exitCode: null }));
        }
        const cancelled = cancelPipeline(graph, state);
        if (cancelled.ok) state = applyDecision(state, cancelled.value);
        for (const jobIndex of graph.jobs.keys()) {
          state = applyDecision(state, advance(graph, state, { jobIndex, status: 'failed', exitCode: 1 }));
        }
        expect(isCompleted(settle(graph, state).pipelineStatus)).toBe(true);
        expect(state.filter((job) => job.status === 'failed' || job.status === 'success')).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
