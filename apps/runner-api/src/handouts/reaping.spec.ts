import { armFaults } from '@crosstie/platform';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { allFeatures, asker, type JobSketch, type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { Reaper } from './reaper.js';

const ackTimeoutMs = 120_000;
const silenceMs = 15 * 60_000;
const dayMs = 86_400_000;

interface Handed {
  id: number;
  token: string;
}

/** Ends that no runner tells, or that a runner tells at the wrong time. */
describe('a job that its runner does not end', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage({ jobAckTimeoutMs: ackTimeoutMs, runnerSilenceLimitMs: silenceMs });
  });
  afterAll(() => stage.stop());
  afterEach(() => armFaults(''));

  const reap = () => stage.app.get(Reaper, { strict: false }).runOnce();
  const put = (job: Handed, state: string, more = {}) =>
    stage.put(`jobs/${job.id}`, { token: job.token, state, ...more });

  /** A queued job, and who may take it. */
  async function queued(sketch: JobSketch = {}) {
    const projectId = await stage.project();
    const runner = await stage.runner(projectId);
    const { jobIds, id } = await stage.pipeline(projectId, [sketch]);
    const jobId = jobIds[0] as number;
    await stage.queue(jobId);
    const take = async (features: object = allFeatures) =>
      stage.post('jobs/request', asker(runner, { info: { name: 'test', version: '1', features } }));
    return { jobId, pipelineId: id, take };
  }
  const ends = async (jobId: number) =>
    (await stage.events('job.finished')).filter((payload) => (payload as { jobId: number }).jobId === jobId);

  it('F41: a runner that wakes up after somebody else got its job is refused, and changes nothing', async () => {
    const { jobId, take } = await queued();
    const first = (await (await take()).json()) as Handed;
    stage.clock.advance(3 * 60_000);
    await reap();
    const second = (await (await take()).json()) as Handed;
    expect(second.id).toBe(jobId);
    for (const late of [await put(first, 'running'), await put(first, 'success')]) expect(late.status).toBe(403);
    expect((await stage.patch(jobId, first.token, '0-2', 'abc')).status).toBe(403);
    expect((await put(second, 'running')).status).toBe(200);
    expect((await put(second, 'success')).status).toBe(200);
    expect(await ends(jobId)).toHaveLength(1);
  });

  it('F42: an older runner, which acknowledges nothing, keeps its job until it has been silent for too long', async () => {
    const { jobId, take } = await queued();
    const job = (await (await take({ variables: true })).json()) as Handed;
    stage.clock.advance(ackTimeoutMs + 60_000);
    await reap();
    expect(await stage.job(jobId)).toMatchObject({ status: 'running', handout: 1 });
    expect((await stage.patch(jobId, job.token, '0-2', 'abc')).status).toBe(202);
    stage.clock.advance(silenceMs + 1_000);
    await reap();
    expect(await stage.job(jobId)).toMatchObject({ status: 'failed', failure_reason: 'stuck_or_timeout_failure' });
  });

  it('F49: a runner that vanished loses its job once, and whatever it says later is refused', async () => {
    const { jobId, take } = await queued();
    const job = (await (await take()).json()) as Handed;
    await put(job, 'running');
    stage.clock.advance(silenceMs + 1_000);
    await Promise.all([reap(), reap()]);
    expect(await stage.job(jobId)).toMatchObject({ status: 'failed', failure_reason: 'stuck_or_timeout_failure' });
    const late = await put(job, 'success');
    expect([late.status, late.headers.get('job-status')]).toEqual([403, 'failed']);
    expect((await stage.patch(jobId, job.token, '0-2', 'abc')).status).toBe(403);
    expect((await stage.upload(jobId, job.token, 'zip')).status).toBe(403);
    expect(await ends(jobId)).toHaveLength(1);
  });

  it('F51: an end whose answers are all lost is taken once', async () => {
    const { jobId, take } = await queued();
    const job = (await (await take()).json()) as Handed;
    armFaults('finish.after_commit=drop');
    await expect(put(job, 'success')).rejects.toThrow();
    for (let round = 0; round < 10; round += 1) {
      const again = await put(job, 'success');
      expect([again.status, again.headers.get('job-status')]).toEqual([403, 'success']);
    }
    expect(await ends(jobId)).toHaveLength(1);
  });

  it('F52: a claim whose payload cannot be made is never answered 5xx, and the job is there for the next', async () => {
    const { jobId, take } = await queued();
    stage.authority.refusal = { granted: false, reason: 'github_unavailable', message: 'away', retryAfterMs: 1_000 };
    try {
      expect((await take()).status).toBe(204);
    } finally {
      stage.authority.refusal = null;
    }
    expect(await stage.job(jobId)).toMatchObject({ status: 'pending', token_hash: null });
    expect((await take()).status).toBe(201);
  });

  it('that waited in the queue for too long ends as stuck, and those that came later wait on', async () => {
    const old = await queued();
    await stage.database.pool.query('UPDATE job SET queued_at = $2 WHERE id = $1', [
      old.jobId,
      new Date(stage.clock.ms() - dayMs - 1_000),
    ]);
    const young = await queued();
    await stage.database.pool.query('UPDATE job SET queued_at = $2 WHERE id = $1', [young.jobId, stage.clock.now()]);
    await reap();
    await reap();
    expect(await stage.job(old.jobId)).toMatchObject({ status: 'failed', failure_reason: 'stuck_or_timeout_failure' });
    expect(await ends(old.jobId)).toEqual([{ jobId: old.jobId, pipelineId: old.pipelineId, status: 'failed' }]);
    expect((await old.take()).status).toBe(204);
    expect(await stage.job(young.jobId)).toMatchObject({ status: 'pending' });
    expect((await young.take()).status).toBe(201);
  });

  it.each([
    ['artifacts_exclude', { artifacts: { paths: ['a'], exclude: ['a/b'] } }, 'artifacts:exclude'],
    ['upload_multiple_artifacts', { artifacts: { paths: ['a'], reports: { junit: ['j.xml'] } } }, 'artifacts:reports'],
  ])('that needs %s fails at a runner that lacks it, and says so in its log', async (feature, sketch, words) => {
    const { jobId, take } = await queued(sketch);
    expect((await take({ ...allFeatures, [feature]: false })).status).toBe(204);
    expect(await stage.job(jobId)).toMatchObject({ status: 'failed', failure_reason: 'runner_unsupported' });
    expect(await stage.log(jobId)).toBe(
      `This job could not be given to a runner: the runner is too old for ${words} (the feature ${feature}).\n`,
    );
    const other = await queued(sketch);
    expect((await other.take()).status).toBe(201);
  });

  it('that is cancelled ends at once where its runner would not hear of it, else when its runner says so', async () => {
    const [old, present] = [await queued(), await queued()];
    const oldJob = (await (await old.take({ ...allFeatures, cancel_gracefully: false })).json()) as Handed;
    const presentJob = (await (await present.take()).json()) as Handed;
    for (const job of [oldJob, presentJob]) {
      await put(job, 'running');
      await stage.database.pool.query("UPDATE job SET status = 'canceling' WHERE id = $1", [job.id]);
    }
    await reap();
    expect(await stage.job(oldJob.id)).toMatchObject({ status: 'canceled', failure_reason: null });
    const chunk = await stage.patch(oldJob.id, oldJob.token, '0-2', 'abc');
    expect([chunk.status, chunk.headers.get('job-status')]).toEqual([403, 'canceled']);
    const told = await put(presentJob, 'running');
    expect([told.status, told.headers.get('job-status')]).toEqual([200, 'canceling']);
    expect((await put(presentJob, 'failed', { failure_reason: 'job_canceled' })).status).toBe(200);
    expect(await stage.job(presentJob.id)).toMatchObject({ status: 'canceled' });
  });
});
