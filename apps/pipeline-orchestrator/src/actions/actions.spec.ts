import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Api } from '@crosstie/testkit';

import { ciPath, type PipelineRow, repository } from '../testing/pushing-stage.js';
import { failure, type RunningStage, startRunningStage } from '../testing/running-stage.js';

let stage: RunningStage;

beforeAll(async () => {
  stage = await startRunningStage();
}, 60_000);
afterAll(() => stage.stop());
beforeEach(() => stage.changeBranch());

const twoJobs = 'stages: [a, b]\none: {stage: a, script: x}\ntwo: {stage: b, script: x}\n';

async function newPipeline(pusher = 'dana', file = twoJobs): Promise<number> {
  const sha = await stage.push({ [ciPath]: file }, { branch: stage.branch, pusher });
  return (await stage.pipelineOf(sha)).id;
}

async function pipeline(id: number) {
  const [row] = await stage.rows<PipelineRow>('SELECT * FROM pipeline WHERE id = $1', id);
  return row;
}

async function userId(login: string): Promise<number> {
  const [row] = await stage.rows<{ id: number }>('SELECT user_id AS id FROM identity WHERE login = $1', login);
  return row?.id ?? 0;
}

describe('retrying a refused pipeline', () => {
  it('runs it as who retried, as attempt 2 of the same pipeline', async () => {
    const id = await newPipeline('erin');
    expect(await pipeline(id)).toMatchObject({ status: 'failed', attempt: 1, failure_reason: 'sender_not_linked' });
    const answer = await stage.asDana.post(stage.apiPath(`pipelines/${id}/retry`));
    expect(answer.status).toBe(201);
    expect(await pipeline(id)).toMatchObject({
      status: 'pending',
      attempt: 2,
      failure_reason: null,
      user_id: await userId('dana'),
    });
    await stage.runNext();
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('starts once when it is pressed twice at the same moment', async () => {
    const id = await newPipeline('erin');
    await Promise.all([
      stage.asDana.post(stage.apiPath(`pipelines/${id}/retry`)),
      stage.asDana.post(stage.apiPath(`pipelines/${id}/retry`)),
    ]);
    expect(await pipeline(id)).toMatchObject({ attempt: 2, status: 'pending' });
    expect(await stage.jobs(id)).toHaveLength(2);
    await stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`));
  });

  it('is not for somebody who may not run pipelines, and not for a stranger', async () => {
    const id = await newPipeline('erin');
    await stage.github.createUser({ login: 'gina' });
    await stage.signIn('gina');
    const gina: Api = await stage.api('gina');
    expect((await gina.post(stage.apiPath(`pipelines/${id}/retry`))).status).toBe(404);
    await stage.github.addCollaborator(repository, 'gina', 'read');
    await stage.passTime(61_000);
    const answer = await gina.post(stage.apiPath(`pipelines/${id}/retry`));
    expect(answer).toMatchObject({ status: 403, body: { message: expect.stringContaining('needs Developer') } });
    expect(await pipeline(id)).toMatchObject({ attempt: 1, status: 'failed' });
  });

  it('says that GitHub cannot be asked now, and leaves the pipeline as it is', async () => {
    const id = await newPipeline('erin');
    await stage.github.fault({ route: '/repos/{owner}/{repo}/contents/{path}', status: 502, times: 4 });
    expect((await stage.asDana.post(stage.apiPath(`pipelines/${id}/retry`))).status).toBe(503);
    expect(await pipeline(id)).toMatchObject({ attempt: 1, failure_reason: 'sender_not_linked' });
    await stage.github.clearFaults();
  });

  it('of a broken file shows the same error again, as attempt 2', async () => {
    const id = await newPipeline('dana', 'unit: {}');
    expect((await stage.asDana.post(stage.apiPath(`pipelines/${id}/retry`))).status).toBe(201);
    expect(await pipeline(id)).toMatchObject({ status: 'failed', attempt: 2, failure_reason: 'config_error' });
  });
});

describe('retrying a pipeline that ran', () => {
  it('runs what failed again, with new rows, in the name of who retried', async () => {
    const id = await newPipeline();
    const { id: failedId } = await stage.runNext(failure());
    await stage.becomes(id, 'failed');
    expect((await stage.asDana.post(stage.apiPath(`pipelines/${id}/retry`))).status).toBe(201);
    await stage.becomes(id, 'pending');
    const jobs = await stage.jobs(id);
    expect(jobs.find((job) => job.id === failedId)).toMatchObject({ retried: true, status: 'failed' });
    expect(jobs.filter((job) => !job.retried)).toMatchObject([
      { name: 'two', status: 'created' },
      { name: 'one', status: 'pending' },
    ]);
    await stage.runNext();
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('has nothing to do when all went well', async () => {
    const id = await newPipeline('dana', 'one: {script: x}');
    await stage.runNext();
    await stage.becomes(id, 'success');
    const answer = await stage.asDana.post(stage.apiPath(`pipelines/${id}/retry`));
    expect(answer).toMatchObject({ status: 201, body: { id, status: 'success' } });
    expect((await stage.jobs(id)).filter((job) => job.retried)).toEqual([]);
  });
});

describe('retrying a job', () => {
  it('makes a new try, queued at once, and answers with it', async () => {
    const id = await newPipeline();
    const { id: jobId } = await stage.runNext(failure());
    await stage.becomes(id, 'failed');
    const answer = await stage.asDana.post(stage.apiPath(`jobs/${jobId}/retry`));
    expect(answer).toMatchObject({ status: 201, body: { name: 'one', status: 'pending' } });
    expect((answer.body as { id: number }).id).not.toBe(jobId);
    expect((await stage.asDana.post(stage.apiPath(`jobs/${jobId}/retry`))).status).toBe(409);
    await stage.runNext();
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('tells who is not linked where to do that', async () => {
    const id = await newPipeline();
    const { id: jobId } = await stage.runNext(failure());
    await stage.becomes(id, 'failed');
    const stranger = await stage.api('stranger');
    await stage.rows(`UPDATE user_account SET is_admin = true WHERE username = 'stranger'`);
    const message = `403 Forbidden - The person is not linked to GitHub: sign in with GitHub, then retry. ${stage.url}/auth/sign-in`;
    const answer = await stranger.post(stage.apiPath(`jobs/${jobId}/retry`));
    expect(answer).toMatchObject({ status: 403, body: { message } });
  });

  it('is refused while it waits', async () => {
    const id = await newPipeline('dana', 'one: {script: x}');
    const [job] = await stage.jobs(id);
    expect((await stage.asDana.post(stage.apiPath(`jobs/${job?.id}/retry`))).status).toBe(403);
    await stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`));
  });
});

describe('what a person did', () => {
  it('stands in the audit, once for each act and not for what was refused', async () => {
    const id = await newPipeline('erin');
    await stage.asDana.post(stage.apiPath(`pipelines/${id}/retry`));
    const [job] = await stage.jobs(id);
    await stage.asDana.post(stage.apiPath(`jobs/${job?.id}/retry`));
    await stage.asDana.post(stage.apiPath(`jobs/${job?.id}/cancel`));
    await stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`));
    await stage.asDana.post(stage.apiPath(`pipelines/${id}/retry`));
    await stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`));
    const acts = await stage.rows(
      `SELECT action, actor_id FROM audit_event
        WHERE (entity_type = 'pipeline' AND entity_id = $1) OR (entity_type = 'job' AND entity_id = $2) ORDER BY id`,
      id,
      job?.id,
    );
    const actor_id = await userId('dana');
    expect(acts).toEqual(
      ['pipeline.retried', 'job.canceled', 'pipeline.retried', 'pipeline.canceled'].map((action) => ({
        action,
        actor_id,
      })),
    );
  });
});

describe('cancelling', () => {
  it('a pipeline takes its jobs out of the queue', async () => {
    const id = await newPipeline();
    expect((await stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`))).status).toBe(200);
    expect(await pipeline(id)).toMatchObject({ status: 'canceled' });
    expect(
      await stage.rows('SELECT 1 FROM queue_entry q JOIN job j ON j.id = q.job_id WHERE j.pipeline_id = $1', id),
    ).toEqual([]);
    expect((await stage.jobs(id)).map((job) => job.status)).toEqual(['canceled', 'canceled']);
  });

  it('a pipeline that has ended changes nothing', async () => {
    const id = await newPipeline('dana', 'one: {script: x}');
    await stage.runNext();
    await stage.becomes(id, 'success');
    expect((await stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`))).status).toBe(200);
    expect(await pipeline(id)).toMatchObject({ status: 'success' });
  });

  it('a running job asks its runner to stop, and the pipeline ends when the runner has answered', async () => {
    const id = await newPipeline('dana', 'one: {script: x}');
    const job = await stage.runner.take();
    await stage.runner.update(job, { state: 'running' });
    await stage.becomes(id, 'running');
    expect((await stage.asDana.post(stage.apiPath(`jobs/${job.id}/cancel`))).status).toBe(201);
    expect((await stage.jobs(id))[0]).toMatchObject({ status: 'canceling' });
    await stage.runner.update(job, { state: 'failed', failure_reason: 'script_failure' }).catch(() => undefined);
    await stage.becomes(id, 'canceled');
  });

  it('a waiting job skips what needs it', async () => {
    const id = await newPipeline();
    const [job] = await stage.jobs(id);
    await stage.asDana.post(stage.apiPath(`jobs/${job?.id}/cancel`));
    expect((await stage.jobs(id)).map((one) => one.status)).toEqual(['canceled', 'skipped']);
    expect(await pipeline(id)).toMatchObject({ status: 'canceled' });
  });

  it('never leaves a runner with a job that is cancelled as waiting, however the two race', async () => {
    for (let round = 0; round < 5; round += 1) {
      stage.changeBranch();
      const id = await newPipeline('dana', 'one: {script: x}');
      // Where the cancel is first there is nothing to take, and the server would hold the request.
      const asked = stage.runner.request({ signal: AbortSignal.timeout(3_000) }).catch(() => null);
      const [answer] = await Promise.all([asked, stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`))]);
      const taken = answer?.status === 201;
      await answer?.arrayBuffer();
      const [job] = await stage.jobs(id);
      if (taken) expect(job?.status).toBe('canceling');
      else await stage.becomes(id, 'canceled');
    }
  });
});
