import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';

import {
  advance,
  type AllowFailure,
  applyDecision,
  buildGraph,
  cancelPipeline,
  type GraphOptions,
  isCompleted,
  isForgiven,
  type JobState,
  type PipelineGraph,
  type PipelineState,
  playJob,
  settle,
  type Situation,
  startPipeline,
  type When,
  WHENS,
} from './index.js';

const STAGES = ['one', 'two', 'three', 'four'];

interface Sketch {
  readonly stage: number;
  readonly when: When;
  readonly allowFailure: AllowFailure;
  readonly needs: readonly number[] | null;
  readonly retries: number;
}

const sketches: fc.Arbitrary<Sketch[]> = fc.array(
  fc.record({
    stage: fc.nat({ max: STAGES.length - 1 }),
    when: fc.constantFrom(...WHENS),
    allowFailure: fc.oneof(fc.boolean(), fc.constant([7])),
    needs: fc.option(fc.array(fc.nat({ max: 30 }), { maxLength: 4 })),
    retries: fc.nat({ max: 2 }),
  }),
  { minLength: 1, maxLength: 14 },
);

/** Graphs as the compiler may make them: needs point at earlier jobs of the same or an earlier stage. */
const graphs = sketches.map(graphOf);

/** Those in which nothing goes on without a person who may play an optional job later, or never. */
const firmGraphs = sketches.map((some) =>
  graphOf(
    some.map((one) => (one.when === 'manual' && one.allowFailure === true ? { ...one, allowFailure: false } : one)),
  ),
);

/** Those that a failure ends as a whole. */
const strictGraphs = sketches.map((some) => graphOf(some, { cancelsOnFailure: true }));

/** Those whose jobs all wait for a resource first. */
const sharingGraphs = sketches.map((some) => graphOf(some, {}, true));

function graphOf(some: readonly Sketch[], options: GraphOptions = {}, usesResource = false): PipelineGraph {
  const sorted = some.toSorted((a, b) => a.stage - b.stage);
  return buildGraph(
    STAGES,
    sorted.map((sketch, index) => ({
      name: `j${index}`,
      stage: STAGES[sketch.stage] ?? 'one',
      when: sketch.when,
      allowFailure: sketch.allowFailure,
      retry: { max: sketch.retries, when: ['api_failure'], exitCodes: [] },
      startInS: 60,
      usesResource,
      needs:
        sketch.needs?.filter(() => index > 0).map((need) => ({ job: `j${need % index}`, optional: false })) ?? null,
    })),
    options,
  );
}

/** What each job's runner will say, fixed before the order of things is. */
const outcomes = fc.array(fc.constantFrom<Outcome>(['success', null], ['failed', 1], ['failed', 7]), {
  minLength: 14,
  maxLength: 14,
});

/** How often each job fails before it ends as its outcome says. */
const stumbles = fc.array(fc.nat({ max: 3 }), { minLength: 14, maxLength: 14 });
type Outcome = readonly ['success' | 'failed', number | null];

/** Which of the open jobs is next, step by step. */
const choices = fc.array(fc.nat(), { minLength: 30, maxLength: 30 });

interface Run {
  readonly state: PipelineState;
  readonly steps: number;
}

const OPEN = new Set(['pending', 'running', 'canceling', 'manual', 'scheduled', 'waiting_for_resource']);

/**
 * Runs the pipeline to its end, in the order that `choice` gives: runners take and end jobs, people
 * play manual ones, the time of delayed ones comes. A job that stumbles fails first, for a reason that
 * is retried as often as its rule says.
 */
function run(
  graph: PipelineGraph,
  { outcome, stumble = [] }: { outcome: readonly Outcome[]; stumble?: readonly number[] },
  choice: readonly number[],
  check: (before: PipelineState, index: number) => void,
): Run {
  const start = startPipeline(graph);
  let state = applyDecision([], start);
  for (const index of start.queue) check(state, index);
  let steps = 0;
  for (;;) {
    const open = state.flatMap(({ status }, index) => (OPEN.has(status) ? [index] : []));
    if (open.length === 0) return { state, steps };
    const jobIndex = open[(choice[steps % choice.length] ?? 0) % open.length] ?? 0;
    const decision = step(graph, state, jobIndex, outcome[jobIndex] ?? ['success', null], stumble[jobIndex] ?? 0);
    state = applyDecision(state, decision);
    for (const index of decision.queue) check(state, index);
    steps += 1;
  }
}

/** What happens next to an open job. */
function step(
  graph: PipelineGraph,
  state: PipelineState,
  jobIndex: number,
  [ended, exitCode]: Outcome,
  stumbles: number,
  situation: Situation = {},
): ReturnType<typeof settle> {
  const job = state[jobIndex];
  if (job?.status === 'manual') {
    const played = playJob(graph, state, jobIndex);
    if (!played.ok) throw new Error(played.refusal.code);
    return played.value;
  }
  if (job?.status === 'scheduled') {
    const due = state.map((one, index): JobState => (index === jobIndex ? { ...one, isDue: true } : one));
    return settle(graph, due);
  }
  if (job?.status === 'waiting_for_resource') {
    const given = state.map((one, index): JobState => (index === jobIndex ? { ...one, status: 'pending' } : one));
    const { changes, ...rest } = settle(graph, given);
    return { ...rest, changes: [{ index: jobIndex, status: 'pending', exitCode: null }, ...changes] };
  }
  if (job?.status === 'pending')
    return advance(graph, state, { jobIndex, status: 'running', exitCode: null }, situation);
  const isStumble = (job?.tries ?? 1) <= stumbles;
  const report = {
    jobIndex,
    ...(isStumble
      ? { status: 'failed' as const, exitCode: null, failureReason: 'api_failure' }
      : { status: ended, exitCode, failureReason: 'script_failure' }),
  };
  return advance(graph, state, report, situation);
}

/** The rule once more and independently: everything before a queued job has ended. */
function predecessorsOf(graph: PipelineGraph, index: number): number[] {
  const job = graph.jobs[index];
  if (!job) return [];
  if (job.needs) return [...job.needs];
  return graph.jobs.flatMap((other, i) => (other.stage < job.stage ? [i] : []));
}

/** How a job ended; what nothing follows from any more is left out. */
function endOf({ status, exitCode, tries }: JobState): Partial<JobState> {
  return { status, exitCode, tries: tries ?? 1 };
}

describe('whatever the order in which jobs end', () => {
  it('every pipeline ends, and no job is queued before what it waits for has ended', () => {
    fc.assert(
      fc.property(firmGraphs, outcomes, stumbles, choices, (graph, outcome, stumble, choice) => {
        const { state, steps } = run(graph, { outcome, stumble }, choice, (before, index) => {
          for (const needed of predecessorsOf(graph, index)) {
            expect(isCompleted(before[needed]?.status ?? 'created')).toBe(true);
          }
        });
        expect(state.map((job) => job.status).filter((status) => !isCompleted(status))).toEqual([]);
        expect(steps).toBeLessThanOrEqual(graph.jobs.length * 7);
        expect(isCompleted(settle(graph, state).pipelineStatus)).toBe(true);
        expect(settle(graph, state).changes).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('every pipeline ends also where people play optional jobs late', () => {
    fc.assert(
      fc.property(graphs, outcomes, stumbles, choices, (graph, outcome, stumble, choice) => {
        const { state } = run(graph, { outcome, stumble }, choice, () => undefined);
        expect(state.map((job) => job.status).filter((status) => !isCompleted(status))).toEqual([]);
        expect(settle(graph, state).changes).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('every job ends the same', () => {
    fc.assert(
      fc.property(firmGraphs, outcomes, stumbles, choices, (graph, outcome, stumble, choice) => {
        const oneOrder = run(graph, { outcome, stumble }, choice, () => undefined);
        const inOrder = run(graph, { outcome, stumble }, [0], () => undefined);
        expect(oneOrder.state.map(endOf)).toEqual(inOrder.state.map(endOf));
      }),
      { numRuns: 300 },
    );
  });

  it('a pipeline fails exactly when a job that may not fail has failed', () => {
    fc.assert(
      fc.property(graphs, outcomes, stumbles, choices, (graph, outcome, stumble, choice) => {
        const { state } = run(graph, { outcome, stumble }, choice, () => undefined);
        const failed = graph.jobs.some((job, index) => {
          const now = state[index];
          return now?.status === 'failed' && !isForgiven(job.allowFailure, now);
        });
        expect(settle(graph, state).pipelineStatus === 'failed').toBe(failed);
      }),
      { numRuns: 300 },
    );
  });

  it('no job is tried more often than its rule says, and fails for good only when its tries are used up', () => {
    fc.assert(
      fc.property(graphs, outcomes, stumbles, choices, (graph, outcome, stumble, choice) => {
        const { state } = run(graph, { outcome, stumble }, choice, () => undefined);
        for (const [index, job] of graph.jobs.entries()) {
          const { status, tries = 1 } = state[index] ?? { status: 'created' as const };
          expect(tries).toBeLessThanOrEqual(1 + (job.retry?.max ?? 0));
          const ran = status === 'success' || status === 'failed';
          if (ran) expect(tries).toBe(1 + Math.min(job.retry?.max ?? 0, stumble[index] ?? 0));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a failure that ends the pipeline lets nothing start any more, and everything ends', () => {
    fc.assert(
      fc.property(strictGraphs, outcomes, stumbles, choices, (graph, outcome, stumble, choice) => {
        let state = applyDecision([], startPipeline(graph));
        let isCanceled = false;
        for (let steps = 0; ; steps += 1) {
          const open = state.flatMap(({ status }, index) => (OPEN.has(status) ? [index] : []));
          if (open.length === 0) break;
          const jobIndex = open[(choice[steps % choice.length] ?? 0) % open.length] ?? 0;
          const end = outcome[jobIndex] ?? (['success', null] as const);
          const decision = step(graph, state, jobIndex, end, stumble[jobIndex] ?? 0, { isCanceled });
          if (isCanceled) expect(decision).toMatchObject({ queue: [], renew: [], mark: null });
          isCanceled ||= decision.mark === 'canceled';
          state = applyDecision(state, decision);
        }
        expect(state.map((job) => job.status).filter((status) => !isCompleted(status))).toEqual([]);
        const failed = graph.jobs.some((job, index) => {
          const now = state[index];
          return now?.status === 'failed' && !isForgiven(job.allowFailure, now);
        });
        expect(isCanceled).toBe(failed);
      }),
      { numRuns: 300 },
    );
  });

  it('jobs that wait for a resource end as they would without it', () => {
    fc.assert(
      fc.property(sharingGraphs, outcomes, choices, (graph, outcome, choice) => {
        const { state } = run(graph, { outcome }, choice, () => undefined);
        expect(state.map((job) => job.status).filter((status) => !isCompleted(status))).toEqual([]);
        expect(settle(graph, state).changes).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('a report that comes twice, before its time or after the end, changes nothing more (F26)', () => {
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
      { numRuns: 1000 },
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
