import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@crosstie/testkit';

import { failure, type RunningStage, startRunningStage } from '../testing/running-stage.js';

let stage: RunningStage;

beforeAll(async () => {
  stage = await startRunningStage();
}, 60_000);
afterAll(() => stage.stop());
beforeEach(() => stage.changeBranch());

describe('a pipeline', () => {
  it('runs stage after stage to its success', async () => {
    const id = await stage.newPipeline('stages: [a, b]\none: {stage: a, script: x}\ntwo: {stage: b, script: x}\n');
    const first = await stage.runner.take();
    await stage.runner.update(first, { state: 'running' });
    expect((await stage.becomes(id, 'running')).started_at).not.toBeNull();
    expect(await stage.statuses(id)).toEqual({ one: 'running', two: 'created' });
    await stage.runner.update(first, { state: 'success' });
    await stage.runNext();
    expect((await stage.becomes(id, 'success')).finished_at).not.toBeNull();
    const changes = await stage.rows<{ status: string }>(
      `SELECT payload->>'status' AS status FROM outbox_event
        WHERE type = 'pipeline.changed' AND (payload->>'pipelineId')::bigint = $1 ORDER BY id`,
      id,
    );
    expect(changes.map((row) => row.status)).toEqual(['running', 'success']);
  });

  it('fails with a failed job and skips what comes after', async () => {
    const id = await stage.newPipeline('stages: [a, b]\none: {stage: a, script: x}\ntwo: {stage: b, script: x}\n');
    await stage.runNext(failure());
    await stage.becomes(id, 'failed');
    expect(await stage.statuses(id)).toEqual({ one: 'failed', two: 'skipped' });
  });

  it('goes on along needs, runs what waits for a failure, and forgives listed exit codes', async () => {
    const id = await stage.newPipeline(
      [
        'stages: [a, b]',
        'soft: {stage: a, script: x, allow_failure: {exit_codes: [42]}}',
        'after: {stage: b, script: x, needs: [soft]}',
        'rescue: {stage: b, script: x, when: on_failure}',
        'tidy: {stage: b, script: x, when: always}',
      ].join('\n'),
    );
    await stage.runNext(failure('script_failure', 42));
    await until(async () => (await stage.statuses(id))['after'] === 'pending', 'the next stage');
    expect(await stage.statuses(id)).toEqual({ soft: 'failed', after: 'pending', rescue: 'skipped', tidy: 'pending' });
    await stage.runNext();
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('fails on another exit code', async () => {
    const id = await stage.newPipeline('one: {script: x, allow_failure: {exit_codes: [42]}}\n');
    await stage.runNext(failure('script_failure', 1));
    await stage.becomes(id, 'failed');
  });

  it('takes the same end twice without a second effect (F28)', async () => {
    const id = await stage.newPipeline('stages: [a, b]\none: {stage: a, script: x}\ntwo: {stage: b, script: x}\n');
    const { id: jobId } = await stage.runNext();
    await until(async () => (await stage.statuses(id))['two'] === 'pending', 'the second job');
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
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('is moved by the sweep when the bus has lost the end of a job', async () => {
    const id = await stage.newPipeline('stages: [a, b]\none: {stage: a, script: x}\ntwo: {stage: b, script: x}\n');
    const [one] = await stage.jobs(id);
    await stage.rows('DELETE FROM queue_entry WHERE job_id = $1', one?.id);
    await stage.rows(
      `UPDATE job SET status = 'success', started_at = now(), finished_at = now() WHERE id = $1`,
      one?.id,
    );
    await stage.passTime(20_000);
    await until(async () => (await stage.statuses(id))['two'] === 'pending', 'the sweep');
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('of 50 jobs that end at the same moment loses none', async () => {
    const file = ['stages: [a, b]', 'last: {stage: b, script: x}'];
    for (let n = 0; n < 50; n += 1) file.push(`j${n}: {stage: a, script: x}`);
    const id = await stage.newPipeline(file.join('\n'));
    const jobs = [];
    for (let n = 0; n < 50; n += 1) jobs.push(await stage.runner.take());
    await Promise.all(jobs.map((job) => stage.runner.update(job, { state: 'success' })));
    await until(async () => (await stage.statuses(id))['last'] === 'pending', 'the last job');
    await stage.runNext();
    await stage.becomes(id, 'success');
  }, 60_000);
});
