import { describe, expect, it } from '@jest/globals';
import { verdictOf } from './verdict.js';
import type { VerdictSubject } from './verdict.js';

const pipeline = (status: string, more: Partial<VerdictSubject> = {}): VerdictSubject => ({
  iid: 7,
  status,
  started: false,
  failureReason: null,
  failureMessage: null,
  failedJobs: [],
  ...more,
});

describe('the verdict on a pipeline', () => {
  it.each([
    ['created', 'pending', 'Pipeline #7 waits for a runner.'],
    ['pending', 'pending', 'Pipeline #7 waits for a runner.'],
    ['canceling', 'pending', 'Pipeline #7 is being canceled.'],
    ['success', 'success', 'Pipeline #7 passed.'],
    ['skipped', 'success', 'Pipeline #7 was skipped: none of its jobs had to run.'],
    ['canceled', 'error', 'Pipeline #7 was canceled.'],
    ['failed', 'failure', 'Pipeline #7 failed.'],
  ])('%s is shown as %s', (status, state, description) => {
    expect(verdictOf(pipeline(status))).toMatchObject({ state, description });
  });

  it('says that it is running from its first job on, also between two stages', () => {
    for (const status of ['running', 'pending', 'created']) {
      expect(verdictOf(pipeline(status, { started: true })).description).toBe('Pipeline #7 is running.');
    }
  });

  it('is final for the ends alone', () => {
    const finals = ['created', 'pending', 'running', 'canceling', 'manual', 'success', 'failed', 'canceled', 'skipped'];
    expect(finals.filter((status) => verdictOf(pipeline(status)).final)).toEqual([
      'success',
      'failed',
      'canceled',
      'skipped',
    ]);
  });

  it('names the jobs that failed', () => {
    expect(verdictOf(pipeline('failed', { failedJobs: ['unit'] })).description).toBe('Pipeline #7 failed: unit.');
    const failedJobs = ['a', 'b', 'c', 'd'];
    expect(verdictOf(pipeline('failed', { failedJobs })).description).toBe('Pipeline #7 failed: a, b, c and more.');
  });

  it('says why a pipeline was refused, in one line of at most 140 characters', () => {
    const failureMessage = `Dana is not linked.\u0000\n${'Sign in to Crosstie and link the account. '.repeat(9)}`;
    const verdict = verdictOf(pipeline('failed', { failureReason: 'sender_not_linked', failureMessage }));
    expect(verdict).toMatchObject({ state: 'failure', final: true });
    expect(verdict.description).toMatch(/^Dana is not linked\. Sign in/);
    expect(verdict.description.length).toBeLessThanOrEqual(140);
    expect(verdict.description).not.toMatch(/\p{Cc}/u);
  });
});
