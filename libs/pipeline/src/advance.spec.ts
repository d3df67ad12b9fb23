import { describe, expect, it } from '@jest/globals';

import { advance, applyDecision, type JobReport, type JobStatus, startPipeline } from './index.js';
import { changesOf, graphOf, indexOf, namesOf, stateOf } from './testing/pipelines.js';

const twoStages = graphOf({ a: { stage: 'build' }, b: { stage: 'build' }, c: { stage: 'test' } });

function report(name: string, status: JobReport['status'], exitCode: number | null = null): JobReport {
  return { jobIndex: indexOf(twoStages, name), status, exitCode };
}

describe('a job that reports', () => {
  it('makes the pipeline run when it starts', () => {
    const state = stateOf(twoStages, { a: 'pending', b: 'pending' });
    const decision = advance(twoStages, state, report('a', 'running'));
    expect(changesOf(twoStages, decision)).toEqual({ a: 'running' });
    expect(decision.unqueue).toEqual([0]);
    expect(decision.pipelineStatus).toBe('running');
  });

  it('queues the next stage when it was the last of its stage', () => {
    const state = stateOf(twoStages, { a: 'success', b: 'running' });
    const decision = advance(twoStages, state, report('b', 'success'));
    expect(changesOf(twoStages, decision)).toEqual({ b: 'success', c: 'pending' });
    expect(namesOf(twoStages, decision.queue)).toEqual(['c']);
    expect(decision.pipelineStatus).toBe('running');
  });

  it('ends the pipeline as failed and skips what is left', () => {
    const state = stateOf(twoStages, { a: 'success', b: 'running' });
    const decision = advance(twoStages, state, report('b', 'failed', 1));
    expect(changesOf(twoStages, decision)).toEqual({ b: 'failed', c: 'skipped' });
    expect(decision.changes[0]).toMatchObject({ exitCode: 1 });
    expect(decision.pipelineStatus).toBe('failed');
  });

  it('ends the pipeline as a success with the last job', () => {
    const state = stateOf(twoStages, { a: 'success', b: 'success', c: 'running' });
    expect(advance(twoStages, state, report('c', 'success')).pipelineStatus).toBe('success');
  });

  it('goes on after an exit code that is forgiven', () => {
    const graph = graphOf({ lint: { stage: 'build', allowFailure: [42] }, next: { stage: 'test' } });
    const state = stateOf(graph, { lint: 'running' });
    const decision = advance(graph, state, { jobIndex: 0, status: 'failed', exitCode: 42 });
    expect(changesOf(graph, decision)).toEqual({ lint: 'failed', next: 'pending' });
    const after = applyDecision(state, decision);
    expect(advance(graph, after, { jobIndex: 1, status: 'success', exitCode: null }).pipelineStatus).toBe('success');
  });

  it('is canceled when it ends after it was asked to stop, whatever its runner says', () => {
    const state = stateOf(twoStages, { a: 'canceling', b: 'canceled', c: 'canceled' });
    for (const status of ['success', 'failed', 'canceled'] as const) {
      const decision = advance(twoStages, state, report('a', status, 1));
      expect(changesOf(twoStages, decision)).toEqual({ a: 'canceled' });
      expect(decision.pipelineStatus).toBe('canceled');
    }
  });
});

describe('a report that comes late, twice or out of order', () => {
  const table: readonly [string, JobStatus, JobReport['status'], boolean][] = [
    ['a start after the end', 'success', 'running', false],
    ['a start twice', 'running', 'running', false],
    ['a start of a job that is being cancelled', 'canceling', 'running', false],
    ['an end before the start', 'pending', 'success', true],
    ['an end twice', 'success', 'success', false],
    ['another end after the first', 'success', 'failed', false],
    ['an end of a skipped job', 'skipped', 'success', false],
    ['a failure of a job that waits, as of the reaper', 'pending', 'failed', true],
    ['a failure after a cancel', 'canceled', 'failed', false],
  ];

  it.each(table)('%s (%s, then %s) counts: %s', (_, now, reported, counts) => {
    const state = stateOf(twoStages, { a: now, b: 'running' });
    const changes = changesOf(twoStages, advance(twoStages, state, report('a', reported)));
    expect(changes['a']).toBe(counts ? reported : undefined);
  });

  it('a success of a job that was never queued is not believed', () => {
    const state = stateOf(twoStages, { a: 'running', b: 'running' });
    expect(advance(twoStages, state, report('c', 'success')).changes).toEqual([]);
  });

  it('of a job that is not there changes nothing', () => {
    const state = stateOf(twoStages, { a: 'pending', b: 'pending' });
    expect(advance(twoStages, state, { jobIndex: 99, status: 'success', exitCode: null }).changes).toEqual([]);
  });

  it('still moves what an earlier, lost report should have moved', () => {
    const state = stateOf(twoStages, { a: 'success', b: 'success' });
    expect(changesOf(twoStages, advance(twoStages, state, report('a', 'success')))).toEqual({ c: 'pending' });
  });
});

describe('a whole pipeline', () => {
  it('goes through three stages, one failing softly', () => {
    const graph = graphOf({
      build: { stage: 'build' },
      lint: { stage: 'test', allowFailure: true },
      unit: { stage: 'test' },
      notify: { stage: 'after', when: 'on_failure' },
      publish: { stage: 'after' },
    });
    let state = applyDecision([], startPipeline(graph));
    const seen: string[] = [];
    const say = (name: string, status: JobReport['status']): void => {
      const decision = advance(graph, state, { jobIndex: indexOf(graph, name), status, exitCode: null });
      state = applyDecision(state, decision);
      seen.push(
        `${name} ${status}: pipeline ${decision.pipelineStatus}, queued ${namesOf(graph, decision.queue).join()}`,
      );
    };
    say('build', 'running');
    say('build', 'success');
    say('lint', 'failed');
    say('unit', 'running');
    say('unit', 'success');
    say('publish', 'success');
    expect(seen).toEqual([
      'build running: pipeline running, queued ',
      'build success: pipeline running, queued lint,unit',
      'lint failed: pipeline running, queued ',
      'unit running: pipeline running, queued ',
      'unit success: pipeline running, queued publish',
      'publish success: pipeline success, queued ',
    ]);
  });
});
