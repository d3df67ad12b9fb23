import { describe, expect, it } from '@jest/globals';

import { type JobStatus, settle, startPipeline, type When } from './index.js';
import { changesOf, graphOf, namesOf, stateOf, statusesAfter } from './testing/pipelines.js';

describe('a pipeline that starts', () => {
  it('queues its first stage and leaves the others created', () => {
    const graph = graphOf({ a: { stage: 'build' }, b: { stage: 'build' }, c: { stage: 'test' } });
    const decision = startPipeline(graph);
    expect(changesOf(graph, decision)).toEqual({ a: 'pending', b: 'pending', c: 'created' });
    expect(namesOf(graph, decision.queue)).toEqual(['a', 'b']);
    expect(decision.pipelineStatus).toBe('pending');
  });

  it('queues a job without needs to wait for beside the first stage', () => {
    const graph = graphOf({ check: { stage: '.pre' }, a: { stage: 'build' }, b: { stage: 'test', needs: [] } });
    expect(changesOf(graph, startPipeline(graph))).toEqual({ check: 'pending', a: 'created', b: 'pending' });
  });

  it('skips a first job that waits for a failure, and goes on to the next stage', () => {
    const graph = graphOf({ a: { stage: 'build', when: 'on_failure' }, b: { stage: 'test' } });
    expect(changesOf(graph, startPipeline(graph))).toEqual({ a: 'skipped', b: 'pending' });
  });

  it('ends at once as skipped when nothing can run', () => {
    const graph = graphOf({ a: { when: 'on_failure' }, b: { stage: 'x', when: 'on_failure' } });
    const decision = startPipeline(graph);
    expect(decision.pipelineStatus).toBe('skipped');
    expect(decision.queue).toEqual([]);
  });

  it('starts an always job at once', () => {
    const graph = graphOf({ a: { when: 'always' } });
    expect(changesOf(graph, startPipeline(graph))).toEqual({ a: 'pending' });
  });
});

describe('a job that waits for earlier stages (6.3)', () => {
  const table: readonly [When, JobStatus, JobStatus][] = [
    ['on_success', 'success', 'pending'],
    ['on_success', 'skipped', 'pending'],
    ['on_success', 'failed', 'skipped'],
    ['on_success', 'canceled', 'skipped'],
    ['on_success', 'running', 'created'],
    ['on_success', 'canceling', 'created'],
    ['on_failure', 'success', 'skipped'],
    ['on_failure', 'skipped', 'skipped'],
    ['on_failure', 'failed', 'pending'],
    ['on_failure', 'canceled', 'skipped'],
    ['on_failure', 'pending', 'created'],
    ['always', 'success', 'pending'],
    ['always', 'skipped', 'pending'],
    ['always', 'failed', 'pending'],
    ['always', 'canceled', 'skipped'],
    ['always', 'running', 'created'],
    ['manual', 'success', 'manual'],
    ['manual', 'skipped', 'manual'],
    ['manual', 'failed', 'skipped'],
    ['manual', 'canceled', 'skipped'],
    ['manual', 'manual', 'created'],
    ['delayed', 'success', 'scheduled'],
    ['delayed', 'skipped', 'scheduled'],
    ['delayed', 'failed', 'skipped'],
    ['delayed', 'scheduled', 'created'],
    ['on_success', 'manual', 'created'],
    ['on_success', 'scheduled', 'created'],
    ['on_success', 'waiting_for_resource', 'created'],
    ['on_failure', 'manual', 'created'],
    ['always', 'manual', 'created'],
    ['always', 'scheduled', 'created'],
  ];

  it.each(table)('with when: %s and its predecessors %s becomes %s', (when, predecessor, expected) => {
    const graph = graphOf({ first: { stage: 'build' }, next: { stage: 'test', when } });
    const state = stateOf(graph, { first: predecessor });
    expect(statusesAfter(graph, state, settle(graph, state))).toMatchObject({ next: expected });
  });

  it('waits for jobs of earlier stages that have needs of their own', () => {
    const graph = graphOf({ a: { stage: 'build' }, b: { stage: 'build', needs: ['a'] }, c: { stage: 'test' } });
    const state = stateOf(graph, { a: 'success', b: 'running' });
    expect(settle(graph, state).changes).toEqual([]);
  });

  it('counts all earlier stages, not the last one alone', () => {
    const graph = graphOf({ a: { stage: 'one' }, b: { stage: 'two', when: 'always' }, c: { stage: 'three' } });
    const state = stateOf(graph, { a: 'failed', b: 'success' });
    expect(changesOf(graph, settle(graph, state))).toEqual({ c: 'skipped' });
  });

  it('sees a success where a job was allowed to fail', () => {
    const graph = graphOf({
      lint: { stage: 'build', allowFailure: true },
      next: { stage: 'test' },
      rescue: { stage: 'test', when: 'on_failure' },
    });
    const state = stateOf(graph, { lint: 'failed' });
    expect(changesOf(graph, settle(graph, state))).toEqual({ next: 'pending', rescue: 'skipped' });
  });

  it('sees a success where the exit code is forgiven, and a failure where it is not', () => {
    const graph = graphOf({ lint: { stage: 'build', allowFailure: [42] }, next: { stage: 'test' } });
    const settledWith = (code: number) => changesOf(graph, settle(graph, stateOf(graph, { lint: ['failed', code] })));
    expect(settledWith(42)).toEqual({ next: 'pending' });
    expect(settledWith(1)).toEqual({ next: 'skipped' });
  });
});

describe('a job with needs (6.3)', () => {
  const table: readonly [When, JobStatus, JobStatus, JobStatus][] = [
    ['on_success', 'success', 'success', 'pending'],
    ['on_success', 'success', 'running', 'created'],
    ['on_success', 'success', 'failed', 'skipped'],
    ['on_success', 'success', 'skipped', 'skipped'],
    ['on_success', 'success', 'canceled', 'skipped'],
    ['on_failure', 'success', 'failed', 'pending'],
    ['on_failure', 'success', 'success', 'skipped'],
    ['on_failure', 'failed', 'skipped', 'skipped'],
    ['on_failure', 'failed', 'running', 'created'],
    ['always', 'failed', 'success', 'pending'],
    ['always', 'skipped', 'success', 'pending'],
    ['always', 'skipped', 'failed', 'pending'],
    ['always', 'success', 'canceled', 'skipped'],
    ['always', 'success', 'running', 'created'],
    ['manual', 'success', 'success', 'manual'],
    ['manual', 'success', 'skipped', 'skipped'],
    ['manual', 'failed', 'success', 'skipped'],
    ['delayed', 'success', 'success', 'scheduled'],
    ['delayed', 'success', 'skipped', 'skipped'],
    ['on_success', 'success', 'manual', 'created'],
    ['on_success', 'skipped', 'manual', 'skipped'],
    ['always', 'success', 'scheduled', 'created'],
  ];

  it.each(table)('with when: %s, one need %s and one %s becomes %s', (when, one, other, expected) => {
    const graph = graphOf({
      one: { stage: 'a' },
      other: { stage: 'a' },
      next: { stage: 'b', when, needs: ['one', 'other'] },
    });
    const state = stateOf(graph, { one, other });
    expect(statusesAfter(graph, state, settle(graph, state))).toMatchObject({ next: expected });
  });

  it('does not start while one need still runs, though another was skipped', () => {
    const graph = graphOf({ one: {}, other: {}, next: { when: 'always', needs: ['one', 'other'] } });
    const state = stateOf(graph, { one: 'skipped', other: 'running' });
    expect(settle(graph, state).queue).toEqual([]);
  });

  it('does not wait for the rest of its earlier stages', () => {
    const graph = graphOf({ a: { stage: 'build' }, slow: { stage: 'build' }, c: { stage: 'test', needs: ['a'] } });
    const state = stateOf(graph, { a: 'success', slow: 'running' });
    expect(changesOf(graph, settle(graph, state))).toEqual({ c: 'pending' });
  });

  it('may need a job of its own stage', () => {
    const graph = graphOf({ a: { needs: [] }, b: { needs: ['a'] }, c: { needs: ['b'] } });
    const state = stateOf(graph, { a: 'failed' });
    expect(changesOf(graph, settle(graph, state))).toEqual({ b: 'skipped', c: 'skipped' });
  });

  it('passes one skip along a whole chain in one go', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [`j${n}`, { needs: n === 0 ? [] : [`j${n - 1}`] }]),
    );
    const graph = graphOf(chain);
    const state = stateOf(graph, { j0: 'failed' });
    expect(settle(graph, state).changes).toHaveLength(49);
    expect(settle(graph, state).pipelineStatus).toBe('failed');
  });
});

describe('settling again', () => {
  it('changes nothing once everything is settled', () => {
    const graph = graphOf({ a: { stage: 'build' }, b: { stage: 'test' } });
    const state = stateOf(graph, { a: 'success', b: 'pending' });
    expect(settle(graph, state)).toEqual({
      changes: [],
      queue: [],
      unqueue: [],
      renew: [],
      forgive: [],
      mark: null,
      pipelineStatus: 'running',
    });
  });

  it('settles a thousand jobs in a thousand stages at once', () => {
    const jobs = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`j${n}`, { stage: `s${n}` }]));
    const graph = graphOf(jobs);
    const state = stateOf(graph, { j0: 'failed' });
    expect(settle(graph, state).changes).toHaveLength(999);
  });
});
