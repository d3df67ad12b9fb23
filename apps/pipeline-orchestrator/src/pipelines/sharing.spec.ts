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

describe('jobs that use one resource (6.7)', () => {
  const deploying = ['stages: [a, b]', 'deploy: {stage: a, script: x, resource_group: "$CI_COMMIT_REF_NAME"}'];

  async function onOtherBranch(...lines: string[]): Promise<number> {
    branch += 'x';
    return pipelineOf(...lines);
  }

  it('run one at a time, whichever pipeline they are of', async () => {
    const shared = ['one: {script: x, resource_group: prod}', 'two: {script: x, resource_group: prod}'];
    const id = await pipelineOf(...shared);
    const other = await onOtherBranch('three: {script: x, resource_group: prod}', 'free: {script: x}');
    await jobsBecome(id, { one: 'pending', two: 'waiting_for_resource' });
    await jobsBecome(other, { three: 'waiting_for_resource', free: 'pending' });
    expect((await take()).job_info.name).toBe('one');
    const free = await take();
    expect(free.job_info.name).toBe('free');
    await runner.update(free, { state: 'success' });
    await becomes(other, 'waiting_for_resource');
    await stage.asDana.post(url(`jobs/${await jobId(id, 'one')}/cancel`));
    expect(await statuses(id)).toMatchObject({ one: 'canceling', two: 'waiting_for_resource' });
    await runnerAnswers(id, 'one');
    await jobsBecome(id, { one: 'canceled', two: 'pending' });
    expect(await statuses(other)).toMatchObject({ three: 'waiting_for_resource' });
    await runNext(failure());
    await jobsBecome(other, { three: 'pending' });
    await runNext();
    await becomes(other, 'success');
    await becomes(id, 'failed');
  });

  const tokens = new Map<number, Taken>();
  async function runnerAnswers(pipelineId: number, name: string): Promise<void> {
    const id = await jobId(pipelineId, name);
    const job = tokens.get(id);
    if (job) await runner.update(job, failure()).catch(() => undefined);
  }
  async function take(): Promise<Taken> {
    const job = (await runner.take()) as Taken;
    tokens.set(job.id, job);
    return job;
  }

  it('have variables in its name, so that branches do not wait for each other', async () => {
    const id = await pipelineOf(...deploying);
    const other = await onOtherBranch(...deploying);
    await jobsBecome(id, { deploy: 'pending' });
    await jobsBecome(other, { deploy: 'pending' });
    const [group] = await stage.rows<{ key: string }>(
      `SELECT resource_group AS key FROM job WHERE pipeline_id = $1`,
      id,
    );
    expect(group?.key).toBe(branch.slice(0, -1));
    await runNext();
    await runNext();
  });

  it('get it in the order of their pipelines, or the newest first, as the project says', async () => {
    const key = 'orderly';
    const job = `deploy: {script: x, resource_group: ${key}}`;
    const first = await pipelineOf(job);
    await jobsBecome(first, { deploy: 'pending' });
    const refused = await stage.asDana.put(url(`resource_groups/${key}`), { process_mode: 'sideways' });
    expect(refused.status).toBe(400);
    const set = await stage.asDana.put(url(`resource_groups/${key}`), { process_mode: 'newest_first' });
    expect(set).toMatchObject({ status: 200, body: { key, process_mode: 'newest_first' } });
    const second = await onOtherBranch(job);
    const third = await onOtherBranch(job);
    await jobsBecome(third, { deploy: 'waiting_for_resource' });
    const upcoming = await stage.asDana.get(url(`resource_groups/${key}/upcoming_jobs`));
    expect((upcoming.body as { id: number }[]).map(({ id }) => id)).toEqual([
      await jobId(third, 'deploy'),
      await jobId(second, 'deploy'),
    ]);
    await runNext();
    await jobsBecome(third, { deploy: 'pending' });
    expect(await statuses(second)).toEqual({ deploy: 'waiting_for_resource' });
    await runNext();
    await jobsBecome(second, { deploy: 'pending' });
    await runNext();
    await becomes(second, 'success');
    expect((await stage.asDana.get(url('resource_groups'))).body).toContainEqual(expect.objectContaining({ key }));
  });

  it('let a newer pipeline wait for the older one whose turn has not come, with oldest_first', async () => {
    const key = 'patient';
    const slow = [
      'stages: [a, b]',
      'build: {stage: a, script: x}',
      `deploy: {stage: b, script: x, resource_group: ${key}}`,
    ];
    const quick = [`deploy: {script: x, resource_group: ${key}}`];
    const older = await pipelineOf(`deploy: {script: x, resource_group: ${key}}`);
    await runNext();
    await becomes(older, 'success');
    await stage.asDana.put(url(`resource_groups/${key}`), { process_mode: 'oldest_first' });
    const first = await onOtherBranch(...slow);
    const second = await onOtherBranch(...quick);
    await jobsBecome(second, { deploy: 'waiting_for_resource' });
    await runNext();
    await jobsBecome(first, { deploy: 'pending' });
    expect(await statuses(second)).toEqual({ deploy: 'waiting_for_resource' });
    await runNext();
    await jobsBecome(second, { deploy: 'pending' });
    await runNext();
    await becomes(second, 'success');
  });
});

describe('a pipeline that a newer one makes redundant (6.8)', () => {
  const plain = ['stages: [a, b]', 'one: {stage: a, script: x}', 'two: {stage: b, script: x}'];

  it('is ended when nothing of it has started, and says which one did it', async () => {
    const id = await pipelineOf(...plain);
    const newer = await pipelineOf(...plain);
    await becomes(id, 'canceled');
    const view = await stage.asDana.get(`/api/crosstie/v1/pipelines/${id}`);
    expect(view.body).toMatchObject({ auto_canceled_by: newer });
    expect(await statuses(id)).toEqual({ one: 'canceled', two: 'canceled' });
    await runNext();
    await runNext();
    await becomes(newer, 'success');
  });

  it('goes on when a job has started that must not be interrupted, and is ended when it may be', async () => {
    const id = await pipelineOf(...plain);
    const taken = await take();
    const newer = await pipelineOf(...plain);
    await runNext();
    expect(await statuses(id)).toMatchObject({ one: 'running' });
    await runner.update(taken, { state: 'success' });
    for (let n = 0; n < 2; n += 1) await runNext();
    await becomes(id, 'success');
    await becomes(newer, 'success');
    branch += 'x';
    const soft = ['default: {interruptible: true}', ...plain];
    const old = await pipelineOf(...soft);
    const running = await take();
    const last = await pipelineOf(...soft);
    await jobsBecome(old, { one: 'canceling', two: 'canceled' });
    await runner.update(running, failure()).catch(() => undefined);
    await becomes(old, 'canceled');
    await runNext();
    await runNext();
    await becomes(last, 'success');
  });

  it('loses its interruptible jobs alone, or nothing, as its workflow says', async () => {
    const flow = (mode: string) => [
      `workflow: {auto_cancel: {on_new_commit: ${mode}}}`,
      'soft: {script: x, interruptible: true}',
      'hard: {script: x}',
    ];
    const id = await pipelineOf(...flow('interruptible'));
    const none = await pipelineOf(...flow('none'));
    await jobsBecome(id, { soft: 'canceled', hard: 'pending' });
    const last = await pipelineOf(...flow('none'));
    await jobsBecome(last, { soft: 'pending' });
    expect(await statuses(none)).toEqual({ soft: 'pending', hard: 'pending' });
    for (let n = 0; n < 5; n += 1) await runNext();
    await becomes(last, 'success');
    await becomes(id, 'canceled');
  });

  it('goes on when the project does not want it', async () => {
    const project = `/api/v4/projects/${stage.projectId}`;
    const kim = await stage.api('kim');
    expect((await stage.asDana.put(project, { auto_cancel_pending_pipelines: 'disabled' })).status).toBe(403);
    const changed = await kim.put(project, { auto_cancel_pending_pipelines: 'disabled' });
    expect(changed).toMatchObject({ status: 200, body: { auto_cancel_pending_pipelines: 'disabled' } });
    const id = await pipelineOf(...plain);
    const newer = await pipelineOf(...plain);
    for (let n = 0; n < 4; n += 1) await runNext();
    await becomes(id, 'success');
    await becomes(newer, 'success');
    await kim.put(project, { auto_cancel_pending_pipelines: 'enabled' });
  });

  it('goes on when it is of another branch', async () => {
    const id = await pipelineOf(...plain);
    branch += 'x';
    const other = await pipelineOf(...plain);
    await jobsBecome(other, { one: 'pending' });
    expect(await statuses(id)).toMatchObject({ one: 'pending' });
    for (let n = 0; n < 4; n += 1) await runNext();
    await becomes(id, 'success');
  });
});

describe('a pipeline that its own failure ends (6.5)', () => {
  it('loses everything that has not ended when on_job_failure is all', async () => {
    const id = await pipelineOf(
      'workflow: {auto_cancel: {on_job_failure: all}}',
      'stages: [a, b]',
      'bad: {stage: a, script: x}',
      'slow: {stage: a, script: x}',
      'last: {stage: b, script: x}',
    );
    const [bad, slow] = [await take(), await take()];
    await runner.update(bad, failure());
    await jobsBecome(id, { bad: 'failed', slow: 'canceling', last: 'canceled' });
    await runner.update(slow, failure()).catch(() => undefined);
    await becomes(id, 'failed');
  });
});

describe('an environment', () => {
  interface Shown {
    id: number;
    state: string;
    external_url: string | null;
    tier: string;
  }
  async function environment(name: string): Promise<Shown> {
    const { body } = await stage.asDana.get(url(`environments?name=${name}`));
    return (body as Shown[])[0] ?? { id: 0, state: 'absent', external_url: null, tier: '' };
  }

  it('is what its last job made of it, and is stopped by the job that it names', async () => {
    const id = await pipelineOf(
      'deploy: {script: x, environment: {name: blue, url: "https://$CI_ENVIRONMENT_SLUG.example", on_stop: halt}}',
      'halt: {script: x, when: manual, environment: {name: blue, action: stop}}',
    );
    await jobsBecome(id, { halt: 'manual' });
    expect(await environment('blue')).toMatchObject({ state: 'available', external_url: null, tier: 'other' });
    const deploy = await runNext();
    const valueOf = (key: string) => deploy.variables.findLast((variable) => variable.key === key)?.value;
    const { id: blue } = await environment('blue');
    expect(valueOf('CI_ENVIRONMENT_ID')).toBe(String(blue));
    await becomes(id, 'success');
    expect(await environment('blue')).toMatchObject({ state: 'available', external_url: 'https://blue.example' });
    const shown = await stage.asDana.get(url(`environments/${blue}`));
    expect(shown.body).toMatchObject({ last_deployment: { status: 'success', deployable: { name: 'deploy' } } });
    expect((await stage.asDana.post(url(`environments/${blue}/stop`))).status).toBe(200);
    await jobsBecome(id, { halt: 'pending' });
    await runNext();
    await becomes(id, 'success');
    expect(await environment('blue')).toMatchObject({ state: 'stopped' });
  });

  it('without such a job is stopped at once, until it is deployed to again', async () => {
    const file = 'deploy: {script: x, environment: green}';
    const id = await pipelineOf(file);
    await runNext();
    await becomes(id, 'success');
    const { id: green } = await environment('green');
    await stage.asDana.post(url(`environments/${green}/stop`));
    expect(await environment('green')).toMatchObject({ state: 'stopped' });
    await stage.passTime(1_000);
    const again = await pipelineOf(file);
    await runNext();
    await becomes(again, 'success');
    expect(await environment('green')).toMatchObject({ id: green, state: 'available' });
    expect((await stage.asDana.post(url('environments/999999/stop'))).status).toBe(404);
  });

  it('is stopped by itself when its time is over, as who deployed to it, once', async () => {
    const id = await pipelineOf(
      'deploy: {script: x, environment: {name: review, on_stop: halt, auto_stop_in: 2 hours}}',
      'halt: {script: x, when: manual, environment: {name: review, action: stop}}',
    );
    await runNext();
    await becomes(id, 'success');
    await stage.passTime(7_100_000);
    expect(await environment('review')).toMatchObject({ state: 'available' });
    await stage.passTime(200_000);
    await jobsBecome(id, { halt: 'pending' });
    const halt = await runNext(failure());
    expect(halt.job_info.name).toBe('halt');
    await jobsBecome(id, { halt: 'failed' });
    expect(await environment('review')).toMatchObject({ state: 'available' });
    const [row] = await stage.rows<{ n: number }>('SELECT count(*)::int AS n FROM job WHERE pipeline_id = $1', id);
    expect(row?.n).toBe(2);
  });
});
