import { describe, expect, it } from '@jest/globals';

import { cancelJob, cancelPipeline, type JobStatus } from './index.js';
import { changesOf, graphOf, indexOf, stateOf } from './testing/pipelines.js';

const graph = graphOf({ a: { stage: 'build' }, b: { stage: 'build' }, c: { stage: 'test' } });

describe('cancelling a job', () => {
  const table: readonly [JobStatus, JobStatus][] = [
    ['created', 'canceled'],
    ['pending', 'canceled'],
    ['waiting_for_resource', 'canceled'],
    ['preparing', 'canceled'],
    ['waiting_for_callback', 'canceled'],
    ['manual', 'canceled'],
    ['scheduled', 'canceled'],
    ['running', 'canceling'],
  ];

  it.each(table)('that is %s makes it %s', (now, expected) => {
    const answer = cancelJob(graph, stateOf(graph, { a: now, b: 'running' }), indexOf(graph, 'a'));
    expect(answer.ok && changesOf(graph, answer.value)['a']).toBe(expected);
  });

  it.each<JobStatus>(['success', 'failed', 'canceled', 'skipped', 'canceling'])('that is %s is refused', (status) => {
    const answer = cancelJob(graph, stateOf(graph, { a: status }), 0);
    expect(answer).toEqual({ ok: false, refusal: { code: 'job_not_cancelable', status } });
  });

  it('takes it out of the queue', () => {
    const answer = cancelJob(graph, stateOf(graph, { a: 'pending', b: 'running' }), 0);
    expect(answer.ok && answer.value.unqueue).toEqual([0]);
  });

  it('skips what comes after it, also an always job', () => {
    const chain = graphOf({ a: {}, b: { needs: ['a'] }, c: { when: 'always', needs: ['a'] } });
    const answer = cancelJob(chain, stateOf(chain, { a: 'pending' }), 0);
    expect(answer.ok && changesOf(chain, answer.value)).toEqual({ a: 'canceled', b: 'skipped', c: 'skipped' });
  });

  it('is refused for a job that is not there', () => {
    expect(cancelJob(graph, [], 9)).toEqual({ ok: false, refusal: { code: 'job_not_found' } });
  });
});

describe('cancelling a pipeline', () => {
  it('cancels what waits at once and asks the runners of what runs', () => {
    const answer = cancelPipeline(graph, stateOf(graph, { a: 'running', b: 'pending' }));
    expect(answer.ok && changesOf(graph, answer.value)).toEqual({ a: 'canceling', b: 'canceled', c: 'canceled' });
    expect(answer.ok && answer.value.pipelineStatus).toBe('canceling');
    expect(answer.ok && answer.value.queue).toEqual([]);
  });

  it('leaves what has ended', () => {
    const answer = cancelPipeline(graph, stateOf(graph, { a: 'success', b: 'failed' }));
    expect(answer.ok && changesOf(graph, answer.value)).toEqual({ c: 'canceled' });
    expect(answer.ok && answer.value.pipelineStatus).toBe('failed');
  });

  it('is refused when everything has ended or is being cancelled', () => {
    const state = stateOf(graph, { a: 'success', b: 'canceling', c: 'skipped' });
    expect(cancelPipeline(graph, state)).toEqual({ ok: false, refusal: { code: 'nothing_to_cancel' } });
  });
});
