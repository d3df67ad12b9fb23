import { connect } from 'node:net';

import { armFaults } from '@crosstie/platform';
import { until } from '@crosstie/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { Reaper } from '../handouts/reaper.js';
import { asker, type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { WaitingRoom } from './waiting-room.js';

describe('asking for a job', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage({ jobAckTimeoutMs: 120_000 });
  });
  afterAll(() => stage.stop());
  afterEach(() => armFaults(''));

  const room = () => stage.app.get(WaitingRoom, { strict: false });
  const held = (count: number) => until(() => room().size === count, `${count} held requests`);

  async function idleRunner() {
    const projectId = await stage.project();
    const token = await stage.runner(projectId);
    const first = await stage.request(token);
    expect(first.status).toBe(204);
    const version = first.headers.get('x-gitlab-last-update') as string;
    expect(version).toBeTruthy();
    const pipeline = await stage.pipeline(projectId, [{ name: 'build' }, { name: 'test' }]);
    return { projectId, token, version, jobIds: pipeline.jobIds as [number, number], pipelineId: pipeline.id };
  }

  const wait = (token: string, version: string, signal?: AbortSignal, systemId = 's_0123456789ab') =>
    stage.post('jobs/request', asker(token, { last_update: version, system_id: systemId }), {}, signal);

  it('answers a waiting request with the job as soon as there is one', async () => {
    const { token, version, jobIds, pipelineId } = await idleRunner();
    const answer = wait(token, version);
    await held(1);
    await stage.queue(jobIds[0]);
    const response = await answer;
    expect([response.status, response.headers.get('content-type')]).toEqual([201, 'application/json; charset=utf-8']);
    expect(await response.json()).toMatchObject({ id: jobIds[0], job_info: { name: 'build' } });
    expect(await stage.events('job.started')).toContainEqual({
      jobId: jobIds[0],
      pipelineId,
      pipelineStatus: 'pending',
    });
    expect(room().size).toBe(0);
  });

  it('wakes one waiter for one job, the longest waiting first', async () => {
    const { token, version, jobIds } = await idleRunner();
    const first = wait(token, version);
    await held(1);
    const second = wait(token, version, undefined, 's_bbbbbbbbbbbb');
    await held(2);
    await stage.queue(jobIds[0]);
    expect((await first).status).toBe(201);
    expect(room().size).toBe(1);
    await stage.queue(jobIds[1]);
    expect((await second).status).toBe(201);
  });

  it('ends a wait that brings nothing, and says so with the version that it was given', async () => {
    const { token, version } = await idleRunner();
    const answer = wait(token, version);
    await held(1);
    stage.clock.advance(60_000);
    const response = await answer;
    expect([response.status, response.headers.get('x-gitlab-last-update')]).toEqual([204, version]);
  });

  it('does not give a job to a runner that disconnected while it waited', async () => {
    const { token, version, jobIds } = await idleRunner();
    const gone = new AbortController();
    const lost = wait(token, version, gone.signal).catch(() => 'gone');
    await held(1);
    gone.abort();
    expect(await lost).toBe('gone');
    await held(0);
    await stage.queue(jobIds[0]);
    expect(await stage.job(jobIds[0])).toMatchObject({ status: 'pending' });
    expect((await stage.request(token)).status).toBe(201);
  });

  it('gives each job to exactly one live request, however often runners hang up', async () => {
    const { token, version, projectId } = await idleRunner();
    const pipeline = await stage.pipeline(
      projectId,
      Array.from({ length: 24 }, (_, n) => ({ name: `race ${n}` })),
    );
    const taken: number[] = [];
    for (const jobId of pipeline.jobIds) {
      const gone = new AbortController();
      const lost = wait(token, version, gone.signal).then(
        async (response) => (response.status === 201 ? ((await response.json()) as { id: number }).id : null),
        () => null,
      );
      const queued = stage.queue(jobId);
      gone.abort();
      await queued;
      const id = await lost;
      if (id !== null) taken.push(id);
    }
    await held(0);
    const left = await until(async () => {
      const response = await stage.request(token);
      if (response.status === 201) taken.push(((await response.json()) as { id: number }).id);
      return taken.length === pipeline.jobIds.length ? taken : null;
    }, 'every job to be handed out');
    expect(left.sort((a, b) => a - b)).toEqual(pipeline.jobIds);
  });

  it('finds a job that comes between the look and the wait', async () => {
    const { token, version, jobIds } = await idleRunner();
    const [response] = await Promise.all([wait(token, version), stage.queue(jobIds[0])]);
    expect(response.status).toBe(201);
  });

  it('finds a job in a lane that was made while it waited, and one whose wake was lost', async () => {
    const { token, version, jobIds } = await idleRunner();
    const answer = wait(token, version);
    await held(1);
    await stage.queue(jobIds[1], []);
    expect((await answer).status).toBe(201);
  });

  it('answers a paused runner 204, never 403, and gives it jobs again afterwards', async () => {
    const { token, version, jobIds } = await idleRunner();
    await stage.queue(jobIds[0]);
    await stage.database.pool.query('UPDATE runner SET paused = true, version = version + 1');
    const paused = await wait(token, version);
    expect(paused.status).toBe(204);
    expect(paused.headers.get('x-gitlab-last-update')).not.toBe(version);
    await stage.database.pool.query('UPDATE runner SET paused = false, version = version + 1');
    expect((await stage.request(token)).status).toBe(201);
  });

  it('holds four requests of one host and answers the fifth at once', async () => {
    const { token, version } = await idleRunner();
    const waiting = [1, 2, 3, 4].map(() => wait(token, version));
    await held(4);
    expect((await wait(token, version)).status).toBe(204);
    stage.clock.advance(60_000);
    for (const answer of waiting) expect((await answer).status).toBe(204);
  });

  it('takes bodies of odd shape for what they are: no known runner, or a bad request', async () => {
    const { token } = await idleRunner();
    for (const body of [null, {}]) expect((await stage.post('jobs/request', body)).status).toBe(403);
    for (const body of [[], { token: ['a'] }, { token: { $ne: null } }, { token: true }]) {
      expect((await stage.post('jobs/request', body)).status).toBe(400);
    }
    const deep = JSON.parse(`${'{"a":'.repeat(4000)}1${'}'.repeat(4000)}`) as unknown;
    expect((await stage.post('jobs/request', { token, info: deep })).status).toBe(400);
    expect((await stage.request(token)).status).toBe(204);
    expect((await stage.post('jobs/request', { token, info: 'x'.repeat(70_000) })).status).toBe(413);
  });

  describe('F40: killed between the claim and the answer', () => {
    it('puts the job back with another token when nobody acknowledged it in time', async () => {
      const { token, jobIds } = await idleRunner();
      await stage.queue(jobIds[0]);
      armFaults('claim.after_commit=drop@1');
      await expect(stage.request(token)).rejects.toThrow();
      expect(await stage.job(jobIds[0])).toMatchObject({ status: 'running', acknowledged_at: null });
      armFaults('');
      expect((await stage.request(token)).status).toBe(204);

      stage.clock.advance(121_000);
      await stage.app.get(Reaper, { strict: false }).runOnce();
      const job = (await (await stage.request(token)).json()) as { id: number; token: string };
      expect(job.id).toBe(jobIds[0]);
      expect(await stage.job(job.id)).toMatchObject({ status: 'running', handout: 2 });
    });

    it('refuses the runner that had it first, and starts it once', async () => {
      const { token, jobIds } = await idleRunner();
      await stage.queue(jobIds[0]);
      const first = (await (await stage.request(token)).json()) as { id: number; token: string };
      stage.clock.advance(121_000);
      await stage.app.get(Reaper, { strict: false }).runOnce();
      const second = (await (await stage.request(token)).json()) as { id: number; token: string };
      expect(second.id).toBe(first.id);
      expect(second.token).not.toBe(first.token);
      expect((await stage.put(`jobs/${first.id}`, { token: first.token, state: 'running' })).status).toBe(403);
      expect((await stage.patch(first.id, first.token, '0-2', 'abc')).status).toBe(403);
      expect((await stage.put(`jobs/${second.id}`, { token: second.token, state: 'running' })).status).toBe(200);
    });
  });

  it('puts a job back at once when the connection is gone before the answer has left', async () => {
    const { token, jobIds } = await idleRunner();
    armFaults('claim.after_commit=delay:300@1');
    await stage.queue(jobIds[0]);
    const { hostname, port } = new URL(stage.url);
    const body = JSON.stringify(asker(token));
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /api/v4/jobs/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until(async () => (await stage.job(jobIds[0]))['status'] === 'running', 'the claim');
    socket.destroy();
    await until(async () => (await stage.job(jobIds[0]))['status'] === 'pending', 'the job to be back');
  });
});

describe('the end of the service', () => {
  it('answers held requests 204 and gives out nothing more', async () => {
    const stage = await startRunnerStage();
    const projectId = await stage.project();
    const token = await stage.runner(projectId);
    const version = (await stage.request(token)).headers.get('x-gitlab-last-update') as string;
    const answer = stage.post('jobs/request', asker(token, { last_update: version }));
    const room = stage.app.get(WaitingRoom, { strict: false });
    await until(() => room.size === 1, 'the request to be held');
    const begun = performance.now();
    const stopped = stage.stop();
    expect((await answer).status).toBe(204);
    await stopped;
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});
