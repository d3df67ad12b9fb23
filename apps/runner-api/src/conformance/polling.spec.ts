import { until } from '@crosstie/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Reaper } from '../handouts/reaper.js';
import { WaitingRoom } from '../queue/waiting-room.js';
import { asker, type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';

interface Handed {
  id: number;
  token: string;
}

/** By the numbers of the protocol page's conformance tests. */
describe('conformance of polling, with a scripted runner', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage({ jobAckTimeoutMs: 120_000 });
  });
  afterAll(() => stage.stop());

  const held = (count: number) => {
    const room = stage.app.get(WaitingRoom, { strict: false });
    return until(() => room.size === count, `${count} held requests`);
  };

  /** A runner that has been told the version of its queue, and jobs of its project that are not queued yet. */
  async function idle(jobs: number) {
    const projectId = await stage.project();
    const token = await stage.runner(projectId);
    const version = (await stage.request(token)).headers.get('x-gitlab-last-update') ?? '';
    const sketches = Array.from({ length: jobs }, (_, n) => ({ name: `job ${n}` }));
    const { jobIds } = await stage.pipeline(projectId, sketches);
    const wait = (signal?: AbortSignal) =>
      stage.post('jobs/request', asker(token, { last_update: version }), {}, signal);
    return { token, version, jobIds, wait };
  }

  it('C8: a poll with the version that it was told is held, until there is a job or a minute is over', async () => {
    const { version, jobIds, wait } = await idle(1);
    expect(version).not.toBe('');
    const first = wait();
    await held(1);
    await stage.queue(jobIds[0] as number);
    expect((await first).status).toBe(201);
    const second = wait();
    await held(1);
    stage.clock.advance(60_000);
    const empty = await second;
    expect([empty.status, empty.headers.get('x-gitlab-last-update')]).toEqual([204, version]);
  });

  it('C9: a job that is queued between the look and the wait is not missed, a thousand times', async () => {
    const { jobIds, wait } = await idle(1_000);
    await stage.queue(jobIds[0] as number);
    expect((await wait()).status).toBe(201);
    const { lane_id: laneId } = (await stage.job(jobIds[0] as number)) as { lane_id: number };
    const sql = `WITH queued AS (UPDATE job SET status = 'pending', lane_id = $2, queued_at = now() WHERE id = $1)
      INSERT INTO queue_entry (job_id, lane_id, rank, project_id) SELECT id, $2, 1, project_id FROM job WHERE id = $1`;
    const queue = async (jobId: number) => {
      await stage.database.pool.query(sql, [jobId, laneId]);
      stage.context.wakes.publish([laneId]);
    };
    for (const jobId of jobIds.slice(1)) {
      // A poll that missed its job would be held for most of a minute, and the test would be over.
      const [answer] = await Promise.all([wait(), queue(jobId)]);
      const job = (await answer.json()) as Handed;
      expect([answer.status, job.id]).toEqual([201, jobId]);
    }
  }, 120_000);

  it('C10: a client that goes while it is held is given nothing', async () => {
    const { token, jobIds, wait } = await idle(1);
    const gone = new AbortController();
    const lost = wait(gone.signal).catch(() => 'gone');
    await held(1);
    gone.abort();
    expect(await lost).toBe('gone');
    await held(0);
    await stage.queue(jobIds[0] as number);
    expect(await stage.job(jobIds[0] as number)).toMatchObject({ status: 'pending', handout: 0 });
    expect((await stage.request(token)).status).toBe(201);
  });

  it('C11: a job that nobody acknowledges goes back, and the token of the lost hand-out is refused', async () => {
    const { token, jobIds } = await idle(1);
    await stage.queue(jobIds[0] as number);
    const lost = (await (await stage.request(token)).json()) as Handed;
    stage.clock.advance(121_000);
    await until(async () => {
      await stage.app.get(Reaper, { strict: false }).runOnce();
      return (await stage.job(lost.id))['status'] === 'pending';
    }, 'the job to go back');
    expect((await stage.put(`jobs/${lost.id}`, { token: lost.token, state: 'running' })).status).toBe(403);
    const found = (await (await stage.request(token)).json()) as Handed;
    expect(found.id).toBe(lost.id);
    expect(found.token).not.toBe(lost.token);
  });

  it('C12: fifty polls at once get fifty jobs, each once', async () => {
    const { token, jobIds } = await idle(50);
    for (const jobId of jobIds) await stage.queue(jobId);
    const answers = await Promise.all(jobIds.map(() => stage.request(token)));
    const jobs = (await Promise.all(answers.map((answer) => answer.json()))) as Handed[];
    expect(jobs.map(({ id }) => id).sort((a, b) => a - b)).toEqual(jobIds);
    expect(new Set(jobs.map((job) => job.token)).size).toBe(50);
    expect((await stage.request(token)).status).toBe(204);
  });

  it('C34: where there were too many wrong tokens, the wait is told in whole seconds, never as a date', async () => {
    for (let n = 0; n < 110; n += 1) await stage.post('runners/verify', asker(`glrt-${n}`));
    const refused = await stage.post('runners/verify', asker('glrt-wrong'));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(refused.headers.get('ratelimit-resettime')).toBeNull();
  });
});
