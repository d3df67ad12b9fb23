import { describe, expect, it } from '@jest/globals';

import { applyDecision, cancelPipeline, type JobStatus, retryJob, retryPipeline } from './index.js';
import { changesOf, graphOf, indexOf, namesOf, stateOf } from './testing/pipelines.js';

const graph = graphOf({
  build: { stage: 'build' },
  unit: { stage: 'test' },
  lint: { stage: 'test' },
  deploy: { stage: 'deploy' },
});

describe('retrying a job (6.5)', () => {
  it('runs it again at once and lets the skipped ones after it wait again', () => {
    const state = stateOf(graph, { build: 'success', unit: 'failed', lint: 'success', deploy: 'skipped' });
    const answer = retryJob(graph, state, indexOf(graph, 'unit'));
    expect(answer.ok && changesOf(graph, answer.value)).toEqual({ unit: 'pending', deploy: 'created' });
    expect(answer.ok && namesOf(graph, answer.value.renew)).toEqual(['unit']);
    expect(answer.ok && namesOf(graph, answer.value.queue)).toEqual(['unit']);
    expect(answer.ok && answer.value.pipelineStatus).toBe('running');
  });

  it('does not run again what has run after it', () => {
    const state = stateOf(graph, { build: 'success', unit: 'success', lint: 'success', deploy: 'success' });
    const answer = retryJob(graph, state, indexOf(graph, 'build'));
    expect(answer.ok && changesOf(graph, answer.value)).toEqual({ build: 'pending' });
  });

  it('resets skipped jobs of its own stage that need it, and no others', () => {
    const dag = graphOf({ a: {}, b: { needs: ['a'] }, c: { needs: ['b'] }, other: {}, d: { needs: ['other'] } });
    const state = stateOf(dag, { a: 'failed', b: 'skipped', c: 'skipped', other: 'failed', d: 'skipped' });
    const answer = retryJob(dag, state, 0);
    expect(answer.ok && changesOf(dag, answer.value)).toEqual({ a: 'pending', b: 'created', c: 'created' });
  });

  it('leaves a later job skipped when what it needs has not changed', () => {
    const dag = graphOf({ a: { stage: 'one' }, x: { stage: 'one' }, y: { stage: 'two', needs: ['x'] } });
    const state = stateOf(dag, { a: 'failed', x: 'failed', y: 'skipped' });
    const answer = retryJob(dag, state, 0);
    expect(answer.ok && changesOf(dag, answer.value)).toEqual({ a: 'pending' });
  });

  it.each<JobStatus>(['success', 'failed', 'canceled', 'canceling'])('takes one that is %s', (status) => {
    expect(retryJob(graph, stateOf(graph, { build: status }), 0).ok).toBe(true);
  });

  it.each<JobStatus>(['created', 'pending', 'running', 'skipped', 'manual'])('refuses one that is %s', (status) => {
    const answer = retryJob(graph, stateOf(graph, { build: 'failed', unit: status }), 1);
    expect(answer).toEqual({ ok: false, refusal: { code: 'job_not_retryable', status } });
  });

  it('refuses one that is not there', () => {
    expect(retryJob(graph, [], 17)).toEqual({ ok: false, refusal: { code: 'job_not_found' } });
  });
});

describe('retrying a pipeline (6.5)', () => {
  it('runs what failed again and leaves what succeeded', () => {
    const state = stateOf(graph, { build: 'success', unit: 'failed', lint: 'success', deploy: 'skipped' });
    const answer = retryPipeline(graph, state);
    expect(answer.ok && changesOf(graph, answer.value)).toEqual({ unit: 'pending', deploy: 'created' });
    expect(answer.ok && namesOf(graph, answer.value.renew)).toEqual(['unit']);
  });

  it('runs a cancelled pipeline again from where it was', () => {
    const running = stateOf(graph, { build: 'success', unit: 'pending', lint: 'success' });
    const cancelled = cancelPipeline(graph, running);
    const state = cancelled.ok ? applyDecision(running, cancelled.value) : running;
    const answer = retryPipeline(graph, state);
    expect(answer.ok && changesOf(graph, answer.value)).toEqual({ unit: 'pending', deploy: 'created' });
    expect(answer.ok && namesOf(graph, answer.value.renew)).toEqual(['unit', 'deploy']);
    expect(answer.ok && namesOf(graph, answer.value.queue)).toEqual(['unit']);
  });

  it('lets a job wait for its stage again, not as a single retry does', () => {
    const state = stateOf(graph, { build: 'failed', unit: 'failed', lint: 'skipped', deploy: 'skipped' });
    const answer = retryPipeline(graph, state);
    expect(answer.ok && namesOf(graph, answer.value.queue)).toEqual(['build']);
  });

  it('runs failures again that were allowed', () => {
    const soft = graphOf({ lint: { allowFailure: true }, build: {} });
    const answer = retryPipeline(soft, stateOf(soft, { lint: 'failed', build: 'success' }));
    expect(answer.ok && changesOf(soft, answer.value)).toEqual({ lint: 'pending' });
  });

  it('is refused when nothing failed', () => {
    const state = stateOf(graph, { build: 'success', unit: 'running' });
    expect(retryPipeline(graph, state)).toEqual({ ok: false, refusal: { code: 'nothing_to_retry' } });
  });
});
