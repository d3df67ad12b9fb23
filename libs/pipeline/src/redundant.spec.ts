import { describe, expect, it } from '@jest/globals';

import { cancelRedundant, type JobStatus, type OnNewCommit } from './index.js';
import { changesOf, graphOf, stateOf } from './testing/pipelines.js';

const sketches = {
  build: { stage: 'build', interruptible: true },
  test: { stage: 'test', interruptible: true },
  deploy: { stage: 'deploy' },
};

function decided(onNewCommit: OnNewCommit | undefined, statuses: Record<string, JobStatus>, started: number[]) {
  const graph = graphOf(sketches, { onNewCommit });
  const answer = cancelRedundant(graph, stateOf(graph, statuses), started);
  return answer.ok ? { ...changesOf(graph, answer.value), mark: answer.value.mark } : answer.refusal.code;
}

describe('a pipeline that a newer one makes redundant (6.8)', () => {
  const table: readonly [string, OnNewCommit | undefined, Record<string, JobStatus>, number[], unknown][] = [
    [
      'conservative ends all of it before anything has started',
      'conservative',
      { build: 'pending' },
      [],
      { build: 'canceled', test: 'canceled', deploy: 'canceled', mark: 'canceled' },
    ],
    [
      'conservative is what counts where nothing is written',
      undefined,
      { build: 'pending' },
      [],
      { build: 'canceled', test: 'canceled', deploy: 'canceled', mark: 'canceled' },
    ],
    [
      'conservative ends it while only interruptible jobs have started',
      'conservative',
      { build: 'success', test: 'running' },
      [0, 1],
      { test: 'canceling', deploy: 'canceled', mark: 'canceled' },
    ],
    [
      'conservative leaves it alone once another job has started',
      'conservative',
      { build: 'success', test: 'success', deploy: 'running' },
      [0, 1, 2],
      'kept',
    ],
    [
      'conservative leaves it alone when such a job has started once and waits again',
      'conservative',
      { build: 'success', test: 'success', deploy: 'pending' },
      [0, 1, 2],
      'kept',
    ],
    [
      'interruptible ends the jobs that may be interrupted, whatever has started',
      'interruptible',
      { build: 'success', test: 'running', deploy: 'created' },
      [0, 1],
      { test: 'canceling', mark: null },
    ],
    [
      'interruptible leaves finished ones alone',
      'interruptible',
      { build: 'success', test: 'success', deploy: 'running' },
      [0, 1, 2],
      'job_not_cancelable',
    ],
    ['none ends nothing', 'none', { build: 'pending' }, [], 'kept'],
    [
      'conservative has nothing to end in what has ended',
      'conservative',
      { build: 'success', test: 'success', deploy: 'skipped' },
      [0, 1],
      'nothing_to_cancel',
    ],
  ];

  it.each(table)('%s', (_, mode, statuses, started, expected) => {
    expect(decided(mode, statuses, started)).toEqual(expected);
  });

  it('without an interruptible job has nothing that interruptible could end', () => {
    const graph = graphOf({ a: {} }, { onNewCommit: 'interruptible' });
    expect(cancelRedundant(graph, stateOf(graph, { a: 'running' }), [0])).toEqual({
      ok: false,
      refusal: { code: 'kept' },
    });
  });
});
