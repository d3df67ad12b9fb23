import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { failure, type RunningStage, startRunningStage } from '../testing/running-stage.js';

let stage: RunningStage;

beforeAll(async () => {
  stage = await startRunningStage();
}, 60_000);
afterAll(() => stage.stop());
beforeEach(() => stage.changeBranch());

describe('a job that is retried by itself (6.6)', () => {
  it('gets a new row for each try, and its pipeline never fails in between', async () => {
    const id = await stage.newPipeline('flaky: {script: x, retry: 2}');
    const first = await stage.runNext(failure());
    const second = await stage.runNext(failure());
    expect(second.id).not.toBe(first.id);
    await stage.runNext();
    await stage.becomes(id, 'success');
    const tries = await stage.rows(
      'SELECT status, retried, try, user_id FROM job WHERE pipeline_id = $1 ORDER BY id',
      id,
    );
    expect(tries).toMatchObject([
      { status: 'failed', retried: true, try: 1 },
      { status: 'failed', retried: true, try: 2 },
      { status: 'success', retried: false, try: 3 },
    ]);
    const told = await stage.rows<{ status: string }>(
      `SELECT payload->>'status' AS status FROM outbox_event
        WHERE type = 'pipeline.changed' AND (payload->>'pipelineId')::bigint = $1 ORDER BY id`,
      id,
    );
    expect(told.map((row) => row.status)).not.toContain('failed');
    const listed = await stage.asDana.get(stage.apiPath(`pipelines/${id}/jobs?include_retried=true`));
    expect(listed.body).toHaveLength(3);
  });

  it('fails when its tries are used up, and is tried for the listed reasons alone', async () => {
    const id = await stage.newPipeline('flaky: {script: x, retry: {max: 1, when: runner_system_failure}}');
    await stage.runNext(failure('runner_system_failure'));
    await stage.runNext(failure('runner_system_failure'));
    await stage.becomes(id, 'failed');
    stage.branch += 'x';
    const other = await stage.newPipeline('flaky: {script: x, retry: {max: 1, when: runner_system_failure}}');
    await stage.runNext(failure());
    await stage.becomes(other, 'failed');
    expect(await stage.jobs(other)).toHaveLength(1);
  });

  it('is tried for its exit codes', async () => {
    const id = await stage.newPipeline('flaky: {script: x, retry: {max: 1, exit_codes: [137]}}');
    await stage.runNext(failure('script_failure', 137));
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('is not tried again once the pipeline was cancelled', async () => {
    const id = await stage.newPipeline('flaky: {script: x, retry: 2}', 'slow: {script: x}');
    const flaky = await stage.take();
    const slow = await stage.take();
    await stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`));
    await stage.runner.update(flaky, failure()).catch(() => undefined);
    await stage.runner.update(slow, failure()).catch(() => undefined);
    await stage.becomes(id, 'canceled');
    expect(await stage.jobs(id)).toHaveLength(2);
  });
});

describe('a failure whose exit code is forgiven', () => {
  it('stands in the answers as one that was allowed', async () => {
    const id = await stage.newPipeline('soft: {script: x, allow_failure: {exit_codes: 42}}');
    const { id: job } = await stage.runNext(failure('script_failure', 42));
    await stage.becomes(id, 'success');
    expect((await stage.asDana.get(stage.apiPath(`jobs/${job}`))).body).toMatchObject({
      status: 'failed',
      allow_failure: true,
    });
  });
});

describe('a manual job (6.4)', () => {
  const blocking = [
    'stages: [a, b, c]',
    'one: {stage: a, script: x}',
    'gate: {stage: b, script: x, when: manual, allow_failure: false, manual_confirmation: Sure?}',
    'last: {stage: c, script: x}',
  ];

  it('holds its pipeline up until a person plays it, who stands behind it from then on', async () => {
    const id = await stage.newPipeline(...blocking);
    await stage.runNext();
    await stage.becomes(id, 'manual');
    expect(await stage.statuses(id)).toEqual({ one: 'success', gate: 'manual', last: 'created' });
    await stage.signIn('erin');
    const asErin = await stage.api('erin');
    const gate = await stage.jobId(id, 'gate');
    const view = await asErin.get(`/api/crosstie/v1/jobs/${gate}`);
    expect(view.body).toMatchObject({
      confirmation: 'Sure?',
      actions: { play: { allowed: true }, retry: { allowed: false } },
    });
    const answer = await asErin.post(stage.apiPath(`jobs/${gate}/play`), {
      job_variables_attributes: [
        { key: 'TARGET', value: 'moon' },
        { key: 'CI_JOB_NAME', value: 'mine' },
      ],
    });
    expect(answer).toMatchObject({ status: 200, body: { id: gate, status: 'pending', user: { username: 'erin' } } });
    const job = await stage.runNext();
    expect(job.job_info.name).toBe('gate');
    const valueOf = (key: string) => job.variables.findLast((variable) => variable.key === key)?.value;
    expect(valueOf('TARGET')).toBe('moon');
    expect(valueOf('CI_JOB_NAME')).toBe('mine');
    expect(valueOf('GITLAB_USER_LOGIN')).toBe('erin');
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('keeps what it was given when it is tried again, sealed at rest', async () => {
    const id = await stage.newPipeline('gate: {script: x, when: manual, retry: 1}');
    await stage.becomes(id, 'skipped');
    const variables = [{ key: 'TARGET', value: 'moon-7f3a' }];
    await stage.asDana.post(stage.apiPath(`jobs/${await stage.jobId(id, 'gate')}/play`), {
      job_variables_attributes: variables,
    });
    await stage.runNext(failure());
    const again = await stage.runNext();
    expect(again.variables).toContainEqual(expect.objectContaining({ key: 'TARGET', value: 'moon-7f3a' }));
    const [row] = await stage.rows<{ sealed: Buffer }>('SELECT sealed FROM job_variables WHERE pipeline_id = $1', id);
    expect(row?.sealed.includes('moon-7f3a')).toBe(false);
    await stage.becomes(id, 'success');
  });

  it('that may be left out holds nothing up, and lets what needs it wait again when it is played', async () => {
    const id = await stage.newPipeline(
      'stages: [a, b]',
      'extra: {stage: a, script: x, when: manual}',
      'after: {stage: b, script: x, needs: [extra]}',
      'rest: {stage: b, script: x}',
    );
    await stage.jobsBecome(id, { extra: 'manual', after: 'skipped', rest: 'pending' });
    await stage.runNext();
    await stage.becomes(id, 'success');
    await stage.asDana.post(stage.apiPath(`jobs/${await stage.jobId(id, 'extra')}/play`));
    expect(await stage.statuses(id)).toMatchObject({ extra: 'pending', after: 'created' });
    await stage.runNext();
    await stage.jobsBecome(id, { after: 'pending' });
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('is played once when it is pressed twice at the same moment, and not when it cannot be', async () => {
    const id = await stage.newPipeline(...blocking);
    const early = await stage.asDana.post(stage.apiPath(`jobs/${await stage.jobId(id, 'gate')}/play`));
    expect(early).toMatchObject({ status: 400, body: { message: expect.stringContaining('Unplayable Job') } });
    await stage.runNext();
    await stage.becomes(id, 'manual');
    const play = async () => stage.asDana.post(stage.apiPath(`jobs/${await stage.jobId(id, 'gate')}/play`));
    const answers = await Promise.all([play(), play()]);
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([200, 400]);
    expect(
      await stage.rows('SELECT 1 FROM queue_entry q JOIN job j ON j.id = q.job_id WHERE j.pipeline_id = $1', id),
    ).toHaveLength(1);
    await stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`));
  });

  it('is cancelled with its pipeline', async () => {
    const id = await stage.newPipeline('gate: {script: x, when: manual, allow_failure: false}');
    await stage.becomes(id, 'manual');
    await stage.asDana.post(stage.apiPath(`pipelines/${id}/cancel`));
    expect(await stage.statuses(id)).toEqual({ gate: 'canceled' });
    await stage.becomes(id, 'canceled');
  });
});

describe('a delayed job', () => {
  it('starts when its time has come, and not before', async () => {
    const id = await stage.newPipeline('rollout: {script: x, when: delayed, start_in: 30 minutes}');
    await stage.becomes(id, 'scheduled');
    const job = await stage.jobId(id, 'rollout');
    const { body } = await stage.asDana.get(`/api/crosstie/v1/jobs/${job}`);
    const [row] = await stage.rows<{ created_at: Date }>('SELECT created_at FROM job WHERE id = $1', job);
    const at = new Date((row?.created_at.getTime() ?? 0) + 1_800_000);
    expect(body).toMatchObject({ scheduled_at: at.toISOString(), actions: { play: { allowed: true } } });
    await stage.passTime(1_799_000);
    await stage.asDana.get(stage.apiPath(`jobs/${job}`));
    expect(await stage.statuses(id)).toEqual({ rollout: 'scheduled' });
    await stage.passTime(1_000);
    await stage.jobsBecome(id, { rollout: 'pending' });
    await stage.runNext();
    await stage.becomes(id, 'success');
  });

  it('waits from its turn on, may be played earlier, and holds up what comes after it', async () => {
    const id = await stage.newPipeline(
      'stages: [a, b, c]',
      'one: {stage: a, script: x}',
      'rollout: {stage: b, script: x, when: delayed, start_in: 1 hour}',
      'last: {stage: c, script: x}',
    );
    expect(await stage.statuses(id)).toMatchObject({ rollout: 'created' });
    await stage.runNext();
    await stage.jobsBecome(id, { rollout: 'scheduled', last: 'created' });
    await stage.asDana.post(stage.apiPath(`jobs/${await stage.jobId(id, 'rollout')}/play`));
    await stage.runNext();
    await stage.jobsBecome(id, { last: 'pending' });
    await stage.runNext();
    await stage.becomes(id, 'success');
  });
});

describe('jobs of one kind in parallel (1.9)', () => {
  it('know their number, and a later job waits for the cells that it needs alone', async () => {
    const id = await stage.newPipeline(
      'stages: [a, b]',
      'test: {stage: a, script: x, parallel: 2}',
      'build: {stage: a, script: x, parallel: {matrix: [{OS: [linux, mac], SIZE: "1"}]}}',
      'pack:',
      '  stage: b',
      '  script: x',
      '  needs: [{job: build, parallel: {matrix: [{OS: linux, SIZE: "1"}]}}]',
    );
    expect(Object.keys(await stage.statuses(id))).toEqual([
      'test 1/2',
      'test 2/2',
      'build: [linux, 1]',
      'build: [mac, 1]',
      'pack',
    ]);
    const seen: Record<string, (string | undefined)[]> = {};
    for (let n = 0; n < 5; n += 1) {
      const job = await stage.runNext();
      const valueOf = (key: string) => job.variables.findLast((variable) => variable.key === key)?.value;
      seen[job.job_info.name] = [valueOf('CI_NODE_INDEX'), valueOf('CI_NODE_TOTAL'), valueOf('OS')];
      if (job.job_info.name === 'build: [linux, 1]')
        await stage.jobsBecome(id, { pack: 'pending', 'build: [mac, 1]': 'pending' });
    }
    expect(seen).toEqual({
      'test 1/2': ['1', '2', undefined],
      'test 2/2': ['2', '2', undefined],
      'build: [linux, 1]': ['1', '2', 'linux'],
      'build: [mac, 1]': ['2', '2', 'mac'],
      pack: [undefined, '1', undefined],
    });
    await stage.becomes(id, 'success');
  });

  it('are left out by only and except as others are (4.4)', async () => {
    const id = await stage.newPipeline(
      'here: {script: x, only: [branches]}',
      'tagged: {script: x, only: [tags]}',
      'never: {script: x, except: [pushes]}',
      `named: {script: x, only: {refs: [${stage.branch}], variables: ['$CI_COMMIT_BRANCH']}}`,
    );
    expect(Object.keys(await stage.statuses(id))).toEqual(['here', 'named']);
    await stage.runNext();
    await stage.runNext();
    await stage.becomes(id, 'success');
  });
});
