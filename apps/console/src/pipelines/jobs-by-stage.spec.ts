import { describe, expect, it } from '@jest/globals';

import { firstFailure, jobsByStage } from './jobs-by-stage.js';

const job = (
  id: number,
  stage: string,
  status = 'success',
  finished_at: string | null = null,
  allow_failure = false,
) => ({
  id,
  stage,
  status,
  finished_at,
  allow_failure,
});

describe('the columns of a pipeline', () => {
  it('stand in the order in which the stages run, with failures on top', () => {
    const jobs = [job(4, 'deploy'), job(3, 'test', 'failed'), job(2, 'test'), job(1, 'build')];
    expect(jobsByStage(jobs).map(({ stage, jobs }) => [stage, jobs.map(({ id }) => id)])).toEqual([
      ['build', [1]],
      ['test', [3, 2]],
      ['deploy', [4]],
    ]);
  });

  it('name the job that failed first, and none that may fail', () => {
    expect(
      firstFailure([
        job(1, 'test', 'failed', '2026-11-24T15:00:01Z', true),
        job(2, 'test', 'failed', '2026-11-24T15:00:03Z'),
        job(3, 'test', 'failed', '2026-11-24T15:00:02Z'),
      ])?.id,
    ).toBe(3);
    expect(firstFailure([job(1, 'test')])).toBeNull();
  });
});
