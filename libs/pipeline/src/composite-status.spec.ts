import { describe, expect, it } from '@jest/globals';

import { EMPTY_SET, isSettled, setOf, statusOfNeeds, statusOfSet } from './composite-status.js';
import { type AllowFailure, isForgiven, JOB_STATUSES, type JobStatus, pipelineStatusOf } from './index.js';
import { graphOf, stateOf } from './testing/pipelines.js';

type Member = JobStatus | `${JobStatus}?`;

/** `failed?` is a failed job that is allowed to fail. */
function set(...members: Member[]): number {
  return members.reduce((all, member) => {
    const allowFailure = member.endsWith('?');
    return all | setOf(allowFailure, { status: member.replace('?', '') as JobStatus, exitCode: null });
  }, EMPTY_SET);
}

describe('the status of a set of jobs (6.2)', () => {
  const table: readonly [readonly Member[], JobStatus][] = [
    [['skipped'], 'skipped'],
    [['manual?'], 'skipped'],
    [['skipped', 'manual?'], 'skipped'],
    [['success'], 'success'],
    [['success', 'skipped'], 'success'],
    [['success', 'failed?'], 'success'],
    [['failed?'], 'success'],
    [['canceled?'], 'success'],
    [['success', 'manual?'], 'success'],
    [['created'], 'created'],
    [['created', 'failed?'], 'created'],
    [['created', 'manual?'], 'created'],
    [['preparing'], 'preparing'],
    [['preparing', 'manual?'], 'preparing'],
    [['canceled'], 'canceled'],
    [['canceled', 'success'], 'canceled'],
    [['canceled', 'skipped'], 'canceled'],
    [['canceled', 'failed?'], 'canceled'],
    [['pending'], 'pending'],
    [['pending', 'created'], 'pending'],
    [['created', 'skipped'], 'pending'],
    [['pending', 'skipped', 'failed?'], 'pending'],
    [['running'], 'running'],
    [['running', 'failed'], 'running'],
    [['pending', 'success'], 'running'],
    [['pending', 'failed'], 'running'],
    [['waiting_for_resource'], 'waiting_for_resource'],
    [['waiting_for_resource', 'success'], 'waiting_for_resource'],
    [['waiting_for_callback', 'success'], 'waiting_for_callback'],
    [['manual'], 'manual'],
    [['success', 'manual'], 'manual'],
    [['failed', 'manual'], 'manual'],
    [['scheduled', 'manual'], 'manual'],
    [['scheduled', 'success'], 'scheduled'],
    [['preparing', 'success'], 'preparing'],
    [['failed', 'created'], 'running'],
    [['success', 'created'], 'running'],
    [['canceled', 'created'], 'running'],
    [['canceling'], 'canceling'],
    [['canceling', 'success'], 'canceling'],
    [['canceling', 'failed'], 'canceling'],
    [['canceling', 'running'], 'running'],
    [['failed'], 'failed'],
    [['failed', 'success'], 'failed'],
    [['canceled', 'failed'], 'failed'],
    [['failed', 'skipped'], 'failed'],
  ];

  it.each(table)('%j is %s', (members, expected) => {
    expect(statusOfSet(set(...members))).toBe(expected);
  });

  it('is a success for no jobs at all, as the first stage sees what is before it', () => {
    expect(statusOfSet(EMPTY_SET)).toBe('success');
  });

  it('has a status for every set there can be', () => {
    for (let subset = 0; subset < 1 << (JOB_STATUSES.length + 2); subset += 1) {
      expect(JOB_STATUSES).toContain(statusOfSet(subset));
    }
  });

  it('is completed exactly when each member has ended or is ignored', () => {
    const completed = ['success', 'failed', 'canceled', 'skipped'];
    for (let subset = 0; subset < 1 << (JOB_STATUSES.length + 2); subset += 1) {
      expect([subset, completed.includes(statusOfSet(subset))]).toEqual([subset, isSettled(subset)]);
    }
  });
});

describe('the status of the jobs that needs names (6.2, row 0)', () => {
  const table: readonly [readonly Member[], JobStatus][] = [
    [['success'], 'success'],
    [['success', 'skipped'], 'skipped'],
    [['failed', 'skipped'], 'skipped'],
    [['running', 'skipped'], 'skipped'],
    [['success', 'manual?'], 'skipped'],
    [['success', 'failed?'], 'success'],
    [['failed', 'success'], 'failed'],
    [['created', 'success'], 'running'],
  ];

  it.each(table)('%j is %s', (members, expected) => {
    expect(statusOfNeeds(set(...members))).toBe(expected);
  });
});

describe('a forgiven failure', () => {
  const table: readonly [string, AllowFailure, JobStatus, number | null, boolean][] = [
    ['allow_failure: true', true, 'failed', 1, true],
    ['allow_failure: true without a code', true, 'failed', null, true],
    ['allow_failure: false', false, 'failed', 1, false],
    ['a listed exit code', [42, 137], 'failed', 137, true],
    ['an exit code that is not listed', [42, 137], 'failed', 1, false],
    ['a failure without a code, as of the system', [42], 'failed', null, false],
    ['a cancel, with exit codes', [42], 'canceled', 42, false],
    ['an empty list', [], 'failed', 1, false],
  ];

  it.each(table)('%s', (_, allowFailure, status, exitCode, expected) => {
    expect(isForgiven(allowFailure, { status, exitCode })).toBe(expected);
  });
});

describe('the status of a pipeline', () => {
  const graph = graphOf({ lint: { allowFailure: true }, test: { allowFailure: [3] }, build: {} });

  it('is a success when only forgiven jobs failed', () => {
    const state = stateOf(graph, { lint: 'failed', test: ['failed', 3], build: 'success' });
    expect(pipelineStatusOf(graph, state)).toBe('success');
  });

  it('is a success when all went well', () => {
    const state = stateOf(graph, { lint: 'success', test: 'success', build: 'success' });
    expect(pipelineStatusOf(graph, state)).toBe('success');
  });

  it('is failed when one job failed that may not', () => {
    const state = stateOf(graph, { lint: 'failed', test: ['failed', 4], build: 'success' });
    expect(pipelineStatusOf(graph, state)).toBe('failed');
  });

  it('takes a job without a state for created', () => {
    expect(pipelineStatusOf(graph, [])).toBe('created');
  });
});
