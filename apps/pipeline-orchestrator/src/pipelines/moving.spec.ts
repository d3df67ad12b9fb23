import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ScriptedRunner, until } from '@crosstie/testkit';

import { ciPath, type PushingStage, startPushingStage } from '../testing/pushing-stage.js';

let stage: PushingStage;
let runner: ScriptedRunner;
let branch: string;
let made = 0;

beforeAll(async () => {
  stage = await startPushingStage();
  runner = new ScriptedRunner(stage.url, await stage.runnerToken());
}, 60_000);
afterAll(() => stage.stop());
beforeEach(() => {
  made += 1;
  branch = `b${made}`;
});

/** A new pipeline of this CI file. */
async function pipelineOf(file: string): Promise<number> {
  const sha = await stage.push({ [ciPath]: file }, { branch });
  return (await stage.pipelineOf(sha)).id;
}

async function statuses(pipelineId: number): Promise<Record<string, string>> {
  const jobs = await stage.jobs(pipelineId);
  return Object.fromEntries(jobs.filter((job) => !job.retried).map((job) => [job.name, job.status]));
}

function ended(pipelineId: number, status: string) {
  return until(async () => {
    const [row] = await stage.rows<{ status: string; started_at: Date; finished_at: Date | null }>(
      'SELECT status, started_at, finished_at FROM pipeline WHERE id = $1',
      pipelineId,
    );
    return row?.status === status && row;
  }, `pipeline ${pipelineId} to be ${status}`);
}

/** Takes the next job and ends it so. */
async function runNext(end: Record<string, unknown> = { state: 'success' }): Promise<number> {
  const job = await runner.take();
  await runner.update(job, { state: 'running' });
  await runner.update(job, end);
  return job.id;
}

const failure = (exit_code = 1) => ({ state: 'failed', failure_reason: 'script_failure', exit_code });

describe('a pipeline', () => {
  it('runs stage after stage to its success', async () => {
    const id = await pipelineOf('stages: [a, b]\none: {stage: a, script: x}\ntwo: {stage: b, script: x}\n');
    const first = await runner.take();
    await runner.update(first, { state: 'running' });
    expect((await ended(id, 'running')).started_at).not.toBeNull();
    expect(await statuses(id)).toEqual({ one: 'running', two: 'created' });
    await runner.update(first, { state: 'success' });
    await runNext();
    expect((await ended(id, 'success')).finished_at).not.toBeNull();
    const changes = await stage.rows<{ status: string }>(
      `SELECT payload->>'status' AS status FROM outbox_event
        WHERE type = 'pipeline.changed' AND (payload->>'pipelineId')::bigint = $1 ORDER BY id`,
      id,
    );
    expect(changes.map((row) => row.status)).toEqual(['running', 'success']);
  });

  it('fails with a failed job and skips what comes after', async () => {
    const id = await pipelineOf('stages: [a, b]\none: {stage: a, script: x}\ntwo: {stage: b, script: x}\n');
    await runNext(failure());
    await ended(id, 'failed');
    expect(await statuses(id)).toEqual({ one: 'failed', two: 'skipped' });
  });

  it('goes on along needs, runs what waits for a failure, and forgives listed exit codes', async () => {
    const id = await pipelineOf(
      [
        'stages: [a, b]',
        'soft: {stage: a, script: x, allow_failure: {exit_codes: [42]}}',
        'after: {stage: b, script: x, needs: [soft]}',
        'rescue: {stage: b, script: x, when: on_failure}',
        'tidy: {stage: b, script: x, when: always}',
      ].join('\n'),
    );
    await runNext(failure(42));
    await until(async () => (await statuses(id))['after'] === 'pending', 'the next stage');
    expect(await statuses(id)).toEqual({ soft: 'failed', after: 'pending', rescue: 'skipped', tidy: 'pending' });
    await runNext();
    await runNext();
    await ended(id, 'success');
  });

  it('fails on another exit code', async () => {
    const id = await pipelineOf('one: {script: x, allow_failure: {exit_codes: [42]}}\n');
    await runNext(failure(1));
    await ended(id, 'failed');
  });

  it('takes the same end twice without a second effect (F28)', async () => {
    const id = await pipelineOf('stages: [a, b]\none: {stage: a, script: x}\ntwo: {stage: b, script: x}\n');
    const jobId = await runNext();
    await until(async () => (await statuses(id))['two'] === 'pending', 'the second job');
    const tell = () =>
      stage.context.database.transaction((tx) =>
        stage.context.outbox.append(tx, [
          { type: 'job.finished', payload: { jobId, pipelineId: id, status: 'success' } },
        ]),
      );
    stage.context.outbox.publish([...(await tell()), ...(await tell())]);
    await stage.context.outbox.flush();
    expect(
      await stage.rows('SELECT 1 FROM queue_entry q JOIN job j ON j.id = q.job_id WHERE j.pipeline_id = $1', id),
    ).toHaveLength(1);
    await runNext();
    await ended(id, 'success');
  });

  it('is moved by the sweep when the bus has lost the end of a job', async () => {
    const id = await pipelineOf('stages: [a, b]\none: {stage: a, script: x}\ntwo: {stage: b, script: x}\n');
    const [one] = await stage.jobs(id);
    await stage.rows('DELETE FROM queue_entry WHERE job_id = $1', one?.id);
    await stage.rows(
      `UPDATE job SET status = 'success', started_at = now(), finished_at = now() WHERE id = $1`,
      one?.id,
    );
    await stage.passTime(20_000);
    await until(async () => (await statuses(id))['two'] === 'pending', 'the sweep');
    await runNext();
    await ended(id, 'success');
  });

  it('of 50 jobs that end at the same moment loses none', async () => {
    const file = ['stages: [a, b]', 'last: {stage: b, script: x}'];
    for (let n = 0; n < 50; n += 1) file.push(`j${n}: {stage: a, script: x}`);
    const id = await pipelineOf(file.join('\n'));
    const jobs = [];
    for (let n = 0; n < 50; n += 1) jobs.push(await runner.take());
    await Promise.all(jobs.map((job) => runner.update(job, { state: 'success' })));
    await until(async () => (await statuses(id))['last'] === 'pending', 'the last job');
    await runNext();
    await ended(id, 'success');
  }, 60_000);
});
