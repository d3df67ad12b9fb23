import { describe, expect, it } from '@jest/globals';

import { type JobState, type RetryRule, settle } from './index.js';
import { changesOf, graphOf, namesOf, stateOf } from './testing/pipelines.js';

const always: RetryRule = { max: 2, when: ['always'], exitCodes: [] };

function failedWith(more: Partial<JobState> = {}): JobState {
  return { status: 'failed', exitCode: 1, failureReason: 'script_failure', ...more };
}

/** Whether the one job of a pipeline is run again. */
function runsAgain(retry: Partial<RetryRule> | undefined, state: JobState): boolean {
  const graph = graphOf({ job: retry ? { retry } : {} });
  return settle(graph, [state]).renew.length === 1;
}

describe('a failed job (6.6)', () => {
  const table: readonly [string, Partial<RetryRule> | undefined, Partial<JobState>, boolean][] = [
    ['without retry', undefined, {}, false],
    ['with max 0', { max: 0, when: ['always'] }, {}, false],
    ['the first time of max 2', always, {}, true],
    ['the second time of max 2', always, { tries: 2 }, true],
    ['the third time of max 2', always, { tries: 3 }, false],
    [
      'for a reason that is listed',
      { when: ['runner_system_failure'] },
      { failureReason: 'runner_system_failure' },
      true,
    ],
    ['for a reason that is not listed', { when: ['runner_system_failure'] }, {}, false],
    ['with an exit code that is listed', { exitCodes: [137] }, { exitCode: 137 }, true],
    ['with an exit code that is not listed', { exitCodes: [137] }, {}, false],
    ['without an exit code where some are listed', { exitCodes: [137] }, { exitCode: null }, false],
    [
      'where the code is listed and the reason is not',
      { when: ['api_failure'], exitCodes: [3] },
      { exitCode: 3 },
      true,
    ],
    ['where the reason is listed and the code is not', { when: ['script_failure'], exitCodes: [3] }, {}, true],
    ['without a reason, as unknown_failure', { when: ['unknown_failure'] }, { failureReason: null }, true],
    ['for missing artifacts, though always', always, { failureReason: 'missing_dependency_failure' }, false],
    ['for a quota, though listed', { when: ['ci_quota_exceeded'] }, { failureReason: 'ci_quota_exceeded' }, false],
    ['by our own fault, without retry', undefined, { failureReason: 'scheduler_failure' }, true],
    ['by our own fault, the second time', undefined, { failureReason: 'scheduler_failure', tries: 2 }, true],
    ['by our own fault, the third time', undefined, { failureReason: 'scheduler_failure', tries: 3 }, false],
    [
      'by our own fault, with a rule of its own',
      { max: 1, when: ['always'] },
      { failureReason: 'scheduler_failure', tries: 2 },
      false,
    ],
  ];

  it.each(table)('%s', (_, retry, state, expected) => {
    expect(runsAgain(retry, failedWith(state))).toBe(expected);
  });

  it.each(['success', 'canceled', 'skipped', 'running'] as const)('that is %s is no failed job', (status) => {
    expect(runsAgain(always, { status, exitCode: 1, failureReason: 'script_failure' })).toBe(false);
  });
});

describe('a job that is retried by itself', () => {
  const graph = graphOf({
    build: { stage: 'build', retry: always },
    test: { stage: 'test' },
    rescue: { stage: 'test', when: 'on_failure' },
  });

  it('is queued at once, and its pipeline does not fail in between', () => {
    const decision = settle(graph, stateOf(graph, { build: failedWith() }));
    expect(changesOf(graph, decision)).toEqual({ build: 'pending' });
    expect(namesOf(graph, decision.renew)).toEqual(['build']);
    expect(namesOf(graph, decision.queue)).toEqual(['build']);
    expect(decision.pipelineStatus).toBe('pending');
  });

  it('fails the pipeline when its tries are used up', () => {
    const decision = settle(graph, stateOf(graph, { build: failedWith({ tries: 3 }) }));
    expect(changesOf(graph, decision)).toEqual({ test: 'skipped', rescue: 'pending' });
    expect(decision.renew).toEqual([]);
  });

  it('is left alone when the pipeline was cancelled meanwhile', () => {
    const state = stateOf(graph, { build: failedWith(), test: 'canceled', rescue: 'canceled' });
    expect(settle(graph, state, { isCanceled: true }).changes).toEqual([]);
  });

  it('is left alone when somebody has set the pipeline going in spite of the failure', () => {
    const state = stateOf(graph, { build: failedWith({ isOld: true }), test: 'pending', rescue: 'pending' });
    expect(settle(graph, state).changes).toEqual([]);
  });

  it('is tried again though it is a manual one, without a person', () => {
    const manual = graphOf({ deploy: { when: 'manual', retry: always } });
    expect(changesOf(manual, settle(manual, [failedWith()]))).toEqual({ deploy: 'pending' });
  });

  it('waits for its resource again', () => {
    const locked = graphOf({ deploy: { usesResource: true, retry: always } });
    const decision = settle(locked, [failedWith()]);
    expect(changesOf(locked, decision)).toEqual({ deploy: 'waiting_for_resource' });
    expect(decision.queue).toEqual([]);
  });

  it('is retried also where the failure would be forgiven', () => {
    const soft = graphOf({ lint: { allowFailure: true, retry: always } });
    expect(namesOf(soft, settle(soft, [failedWith()]).renew)).toEqual(['lint']);
  });
});

describe('a failure with a forgiven exit code', () => {
  const graph = graphOf({ lint: { allowFailure: [42] } });

  it('is to be noted in its row once', () => {
    expect(settle(graph, [failedWith({ exitCode: 42 })]).forgive).toEqual([0]);
    expect(settle(graph, [failedWith({ exitCode: 42, isForgiven: true })]).forgive).toEqual([]);
    expect(settle(graph, [failedWith({ exitCode: 1 })]).forgive).toEqual([]);
  });

  it('needs no note where every failure is allowed', () => {
    expect(settle(graphOf({ lint: { allowFailure: true } }), [failedWith()]).forgive).toEqual([]);
  });
});

describe('a failure where on_job_failure is all (6.5)', () => {
  const sketch = {
    unit: { stage: 'test' },
    slow: { stage: 'test' },
    lint: { stage: 'test', allowFailure: true },
    deploy: { stage: 'deploy' },
  };
  const graph = graphOf(sketch, { cancelsOnFailure: true });

  it('ends everything that has not ended', () => {
    const decision = settle(graph, stateOf(graph, { unit: failedWith(), slow: 'running', lint: 'pending' }));
    expect(changesOf(graph, decision)).toEqual({ slow: 'canceling', lint: 'canceled', deploy: 'canceled' });
    expect(decision.mark).toBe('canceled');
    expect(decision.unqueue).toHaveLength(1);
  });

  it('ends nothing when the job is allowed to fail', () => {
    const decision = settle(graph, stateOf(graph, { unit: 'running', slow: 'running', lint: failedWith() }));
    expect(decision).toMatchObject({ changes: [], mark: null });
  });

  it('ends nothing when the job is about to be tried again', () => {
    const again = graphOf({ ...sketch, unit: { stage: 'test', retry: always } }, { cancelsOnFailure: true });
    const decision = settle(again, stateOf(again, { unit: failedWith(), slow: 'running', lint: 'success' }));
    expect(changesOf(again, decision)).toEqual({ unit: 'pending' });
  });

  it('ends nothing a second time, nor after somebody went on', () => {
    const state = stateOf(graph, { unit: failedWith(), slow: 'running', lint: 'success' });
    expect(settle(graph, state, { isCanceled: true }).mark).toBeNull();
    const old = stateOf(graph, { unit: failedWith({ isOld: true }), slow: 'running', lint: 'success' });
    expect(settle(graph, old)).toMatchObject({ mark: null, changes: [] });
  });

  it('ends nothing in a pipeline that does not ask for it', () => {
    const plain = graphOf(sketch);
    const decision = settle(plain, stateOf(plain, { unit: failedWith(), slow: 'running', lint: 'success' }));
    expect(decision).toMatchObject({ changes: [], mark: null });
  });
});
