import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';

/** By the numbers of the protocol page's conformance tests. */
describe('conformance of ends, with a scripted runner', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  it('C23: an end told twice changes nothing the second time, and the runner hears what the end was', async () => {
    const job = await stage.handedOut();
    const end = (state: string) => stage.put(`jobs/${job.id}`, { token: job.token, state });
    expect((await end('success')).status).toBe(200);
    const before = await stage.job(job.id);
    stage.clock.advance(10_000);
    for (const state of ['success', 'failed']) {
      const again = await end(state);
      expect([again.status, again.headers.get('job-status')]).toEqual([403, 'success']);
    }
    expect(await stage.job(job.id)).toEqual(before);
  });

  it('C24: after the end, logs and files are refused', async () => {
    const job = await stage.handedOut();
    await stage.put(`jobs/${job.id}`, { token: job.token, state: 'success' });
    const late = await stage.patch(job.id, job.token, '0-2', 'abc');
    expect([late.status, late.headers.get('job-status')]).toEqual([403, 'success']);
    expect((await stage.upload(job.id, job.token, 'zip')).status).toBe(403);
    expect((await stage.put(`jobs/${job.id}`, { token: job.token, state: 'running' })).status).toBe(403);
  });

  it('C48: a reason that nobody knows is taken, and kept as unknown', async () => {
    const job = await stage.handedOut();
    const end = { token: job.token, state: 'failed', failure_reason: 'the_moon_was_full' };
    expect((await stage.put(`jobs/${job.id}`, end)).status).toBe(200);
    expect(await stage.job(job.id)).toMatchObject({ status: 'failed', failure_reason: 'unknown_failure' });
  });

  it('C50: the token of another job opens nothing, and nothing is learned from the answer', async () => {
    const [mine, other] = [await stage.handedOut(), await stage.handedOut()];
    const absent = 999_999_999;
    const bodies = new Set<string>();
    for (const id of [other.id, absent]) {
      for (const answer of [
        await stage.put(`jobs/${id}`, { token: mine.token, state: 'running' }),
        await stage.patch(id, mine.token, '0-2', 'abc'),
        await stage.upload(id, mine.token, 'zip'),
        await stage.get(`jobs/${id}/artifacts`, { 'job-token': mine.token }),
      ]) {
        bodies.add(`${answer.status} ${answer.headers.get('job-status') ?? '-'} ${await answer.text()}`);
      }
    }
    expect([...bodies]).toEqual(['403 - {"message":"403 Forbidden"}']);
    expect(await stage.log(other.id)).toBe('');
  });
});
