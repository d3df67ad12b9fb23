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

async function pipelineOf(...lines: string[]): Promise<number> {
  const sha = await stage.push({ [ciPath]: lines.join('\n') }, { branch });
  return (await stage.pipelineOf(sha)).id;
}

const url = (path: string) => `/api/v4/projects/${stage.projectId}/${path}`;

/** The status of each job's latest try. */
async function statuses(pipelineId: number): Promise<Record<string, string>> {
  const jobs = await stage.jobs(pipelineId);
  return Object.fromEntries(jobs.filter((job) => !job.retried).map((job) => [job.name, job.status]));
}

async function jobId(pipelineId: number, name: string): Promise<number> {
  return (await stage.jobs(pipelineId)).find((job) => job.name === name && !job.retried)?.id ?? 0;
}

function becomes(pipelineId: number, status: string): Promise<unknown> {
  return until(async () => {
    const [row] = await stage.rows<{ status: string }>('SELECT status FROM pipeline WHERE id = $1', pipelineId);
    return row?.status === status;
  }, `pipeline ${pipelineId} to be ${status}`);
}

function jobsBecome(pipelineId: number, expected: Record<string, string>): Promise<unknown> {
  return until(
    async () => {
      const now = await statuses(pipelineId);
      return Object.entries(expected).every(([name, status]) => now[name] === status);
    },
    `jobs to be ${JSON.stringify(expected)}`,
  );
}

interface Taken {
  id: number;
  token: string;
  job_info: { name: string };
  variables: { key: string; value: string; masked: boolean }[];
}

async function take(): Promise<Taken> {
  return (await runner.take()) as Taken;
}

async function runNext(end: Record<string, unknown> = { state: 'success' }): Promise<Taken> {
  const job = await take();
  await runner.update(job, { state: 'running' });
  await runner.update(job, end);
  return job;
}

const failure = (failure_reason = 'script_failure', exit_code = 1) => ({ state: 'failed', failure_reason, exit_code });

describe('a job that is retried by itself (6.6)', () => {
  it('gets a new row for each try, and its pipeline never fails in between', async () => {
    const id = await pipelineOf('flaky: {script: x, retry: 2}');
    const first = await runNext(failure());
    const second = await runNext(failure());
    expect(second.id).not.toBe(first.id);
    await runNext();
    await becomes(id, 'success');
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
    const listed = await stage.asDana.get(url(`pipelines/${id}/jobs?include_retried=true`));
    expect(listed.body).toHaveLength(3);
  });

  it('fails when its tries are used up, and is tried for the listed reasons alone', async () => {
    const id = await pipelineOf('flaky: {script: x, retry: {max: 1, when: runner_system_failure}}');
    await runNext(failure('runner_system_failure'));
    await runNext(failure('runner_system_failure'));
    await becomes(id, 'failed');
    branch += 'x';
    const other = await pipelineOf('flaky: {script: x, retry: {max: 1, when: runner_system_failure}}');
    await runNext(failure());
    await becomes(other, 'failed');
    expect(await stage.jobs(other)).toHaveLength(1);
  });

  it('is tried for its exit codes', async () => {
    const id = await pipelineOf('flaky: {script: x, retry: {max: 1, exit_codes: [137]}}');
    await runNext(failure('script_failure', 137));
    await runNext();
    await becomes(id, 'success');
  });

  it('is not tried again once the pipeline was cancelled', async () => {
    const id = await pipelineOf('flaky: {script: x, retry: 2}', 'slow: {script: x}');
    const flaky = await take();
    const slow = await take();
    await stage.asDana.post(url(`pipelines/${id}/cancel`));
    await runner.update(flaky, failure()).catch(() => undefined);
    await runner.update(slow, failure()).catch(() => undefined);
    await becomes(id, 'canceled');
    expect(await stage.jobs(id)).toHaveLength(2);
  });
});

describe('a failure whose exit code is forgiven', () => {
  it('stands in the answers as one that was allowed', async () => {
    const id = await pipelineOf('soft: {script: x, allow_failure: {exit_codes: 42}}');
    const { id: job } = await runNext(failure('script_failure', 42));
    await becomes(id, 'success');
    expect((await stage.asDana.get(url(`jobs/${job}`))).body).toMatchObject({ status: 'failed', allow_failure: true });
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
    const id = await pipelineOf(...blocking);
    await runNext();
    await becomes(id, 'manual');
    expect(await statuses(id)).toEqual({ one: 'success', gate: 'manual', last: 'created' });
    await stage.signIn('erin');
    const asErin = await stage.api('erin');
    const gate = await jobId(id, 'gate');
    const view = await asErin.get(`/api/crosstie/v1/jobs/${gate}`);
    expect(view.body).toMatchObject({
      confirmation: 'Sure?',
      actions: { play: { allowed: true }, retry: { allowed: false } },
    });
    const answer = await asErin.post(url(`jobs/${gate}/play`), {
      job_variables_attributes: [
        { key: 'TARGET', value: 'moon' },
        { key: 'CI_JOB_NAME', value: 'mine' },
      ],
    });
    expect(answer).toMatchObject({ status: 200, body: { id: gate, status: 'pending', user: { username: 'erin' } } });
    const job = await runNext();
    expect(job.job_info.name).toBe('gate');
    const valueOf = (key: string) => job.variables.findLast((variable) => variable.key === key)?.value;
    expect(valueOf('TARGET')).toBe('moon');
    expect(valueOf('CI_JOB_NAME')).toBe('mine');
    expect(valueOf('GITLAB_USER_LOGIN')).toBe('erin');
    await runNext();
    await becomes(id, 'success');
  });

  it('keeps what it was given when it is tried again, sealed at rest', async () => {
    const id = await pipelineOf('gate: {script: x, when: manual, retry: 1}');
    await becomes(id, 'skipped');
    const variables = [{ key: 'TARGET', value: 'moon-7f3a' }];
    await stage.asDana.post(url(`jobs/${await jobId(id, 'gate')}/play`), { job_variables_attributes: variables });
    await runNext(failure());
    const again = await runNext();
    expect(again.variables).toContainEqual(expect.objectContaining({ key: 'TARGET', value: 'moon-7f3a' }));
    const [row] = await stage.rows<{ sealed: Buffer }>('SELECT sealed FROM job_variables WHERE pipeline_id = $1', id);
    expect(row?.sealed.includes('moon-7f3a')).toBe(false);
    await becomes(id, 'success');
  });

  it('that may be left out holds nothing up, and lets what needs it wait again when it is played', async () => {
    const id = await pipelineOf(
      'stages: [a, b]',
      'extra: {stage: a, script: x, when: manual}',
      'after: {stage: b, script: x, needs: [extra]}',
      'rest: {stage: b, script: x}',
    );
    await jobsBecome(id, { extra: 'manual', after: 'skipped', rest: 'pending' });
    await runNext();
    await becomes(id, 'success');
    await stage.asDana.post(url(`jobs/${await jobId(id, 'extra')}/play`));
    expect(await statuses(id)).toMatchObject({ extra: 'pending', after: 'created' });
    await runNext();
    await jobsBecome(id, { after: 'pending' });
    await runNext();
    await becomes(id, 'success');
  });

  it('is played once when it is pressed twice at the same moment, and not when it cannot be', async () => {
    const id = await pipelineOf(...blocking);
    const early = await stage.asDana.post(url(`jobs/${await jobId(id, 'gate')}/play`));
    expect(early).toMatchObject({ status: 400, body: { message: expect.stringContaining('Unplayable Job') } });
    await runNext();
    await becomes(id, 'manual');
    const play = async () => stage.asDana.post(url(`jobs/${await jobId(id, 'gate')}/play`));
    const answers = await Promise.all([play(), play()]);
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([200, 400]);
    expect(
      await stage.rows('SELECT 1 FROM queue_entry q JOIN job j ON j.id = q.job_id WHERE j.pipeline_id = $1', id),
    ).toHaveLength(1);
    await stage.asDana.post(url(`pipelines/${id}/cancel`));
  });

  it('is cancelled with its pipeline', async () => {
    const id = await pipelineOf('gate: {script: x, when: manual, allow_failure: false}');
    await becomes(id, 'manual');
    await stage.asDana.post(url(`pipelines/${id}/cancel`));
    expect(await statuses(id)).toEqual({ gate: 'canceled' });
    await becomes(id, 'canceled');
  });
});

describe('a delayed job', () => {
  it('starts when its time has come, and not before', async () => {
    const id = await pipelineOf('rollout: {script: x, when: delayed, start_in: 30 minutes}');
    await becomes(id, 'scheduled');
    const job = await jobId(id, 'rollout');
    const { body } = await stage.asDana.get(`/api/crosstie/v1/jobs/${job}`);
    const [row] = await stage.rows<{ created_at: Date }>('SELECT created_at FROM job WHERE id = $1', job);
    const at = new Date((row?.created_at.getTime() ?? 0) + 1_800_000);
    expect(body).toMatchObject({ scheduled_at: at.toISOString(), actions: { play: { allowed: true } } });
    await stage.passTime(1_799_000);
    await stage.asDana.get(url(`jobs/${job}`));
    expect(await statuses(id)).toEqual({ rollout: 'scheduled' });
    await stage.passTime(1_000);
    await jobsBecome(id, { rollout: 'pending' });
    await runNext();
    await becomes(id, 'success');
  });

  it('waits from its turn on, may be played earlier, and holds up what comes after it', async () => {
    const id = await pipelineOf(
      'stages: [a, b, c]',
      'one: {stage: a, script: x}',
      'rollout: {stage: b, script: x, when: delayed, start_in: 1 hour}',
      'last: {stage: c, script: x}',
    );
    expect(await statuses(id)).toMatchObject({ rollout: 'created' });
    await runNext();
    await jobsBecome(id, { rollout: 'scheduled', last: 'created' });
    await stage.asDana.post(url(`jobs/${await jobId(id, 'rollout')}/play`));
    await runNext();
    await jobsBecome(id, { last: 'pending' });
    await runNext();
    await becomes(id, 'success');
  });
});

describe('jobs of one kind in parallel (1.9)', () => {
  it('know their number, and a later job waits for the cells that it needs alone', async () => {
    const id = await pipelineOf(
      'stages: [a, b]',
      'test: {stage: a, script: x, parallel: 2}',
      'build: {stage: a, script: x, parallel: {matrix: [{OS: [linux, mac], SIZE: "1"}]}}',
      'pack:',
      '  stage: b',
      '  script: x',
      '  needs: [{job: build, parallel: {matrix: [{OS: linux, SIZE: "1"}]}}]',
    );
    expect(Object.keys(await statuses(id))).toEqual([
      'test 1/2',
      'test 2/2',
      'build: [linux, 1]',
      'build: [mac, 1]',
      'pack',
    ]);
    const seen: Record<string, (string | undefined)[]> = {};
    for (let n = 0; n < 5; n += 1) {
      const job = await runNext();
      const valueOf = (key: string) => job.variables.findLast((variable) => variable.key === key)?.value;
      seen[job.job_info.name] = [valueOf('CI_NODE_INDEX'), valueOf('CI_NODE_TOTAL'), valueOf('OS')];
      if (job.job_info.name === 'build: [linux, 1]')
        await jobsBecome(id, { pack: 'pending', 'build: [mac, 1]': 'pending' });
    }
    expect(seen).toEqual({
      'test 1/2': ['1', '2', undefined],
      'test 2/2': ['2', '2', undefined],
      'build: [linux, 1]': ['1', '2', 'linux'],
      'build: [mac, 1]': ['2', '2', 'mac'],
      pack: [undefined, '1', undefined],
    });
    await becomes(id, 'success');
  });

  it('are left out by only and except as others are (4.4)', async () => {
    const id = await pipelineOf(
      'here: {script: x, only: [branches]}',
      'tagged: {script: x, only: [tags]}',
      'never: {script: x, except: [pushes]}',
      `named: {script: x, only: {refs: [${branch}], variables: ['$CI_COMMIT_BRANCH']}}`,
    );
    expect(Object.keys(await statuses(id))).toEqual(['here', 'named']);
    await runNext();
    await runNext();
    await becomes(id, 'success');
  });
});
