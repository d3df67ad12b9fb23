import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { failure, type RunningStage, startRunningStage, type TakenJob } from '../testing/running-stage.js';

let stage: RunningStage;

beforeAll(async () => {
  stage = await startRunningStage();
}, 60_000);
afterAll(() => stage.stop());
beforeEach(() => stage.changeBranch());

describe('jobs that use one resource (6.7)', () => {
  const deploying = ['stages: [a, b]', 'deploy: {stage: a, script: x, resource_group: "$CI_COMMIT_REF_NAME"}'];

  async function onOtherBranch(...lines: string[]): Promise<number> {
    stage.branch += 'x';
    return stage.newPipeline(...lines);
  }

  it('run one at a time, whichever pipeline they are of', async () => {
    const shared = ['one: {script: x, resource_group: prod}', 'two: {script: x, resource_group: prod}'];
    const id = await stage.newPipeline(...shared);
    const other = await onOtherBranch('three: {script: x, resource_group: prod}', 'free: {script: x}');
    await stage.jobsBecome(id, { one: 'pending', two: 'waiting_for_resource' });
    await stage.jobsBecome(other, { three: 'waiting_for_resource', free: 'pending' });
    expect((await take()).job_info.name).toBe('one');
    const free = await take();
    expect(free.job_info.name).toBe('free');
    await stage.runner.update(free, { state: 'success' });
    await stage.becomes(other, 'waiting_for_resource');
    await stage.asDana.post(stage.apiPath(`jobs/${await stage.jobId(id, 'one')}/cancel`));
    expect(await stage.statuses(id)).toMatchObject({ one: 'canceling', two: 'waiting_for_resource' });
    await runnerAnswers(id, 'one');
    await stage.jobsBecome(id, { one: 'canceled', two: 'pending' });
    expect(await stage.statuses(other)).toMatchObject({ three: 'waiting_for_resource' });
    await stage.runNext(failure());
    await stage.jobsBecome(other, { three: 'pending' });
    await stage.runNext();
    await stage.becomes(other, 'success');
    await stage.becomes(id, 'failed');
  });

  const tokens = new Map<number, TakenJob>();
  async function runnerAnswers(pipelineId: number, name: string): Promise<void> {
    const id = await stage.jobId(pipelineId, name);
    const job = tokens.get(id);
    if (job) await stage.runner.update(job, failure()).catch(() => undefined);
  }
  async function take(): Promise<TakenJob> {
    const job = await stage.take();
    tokens.set(job.id, job);
    return job;
  }

  it('have variables in its name, so that branches do not wait for each other', async () => {
    const id = await stage.newPipeline(...deploying);
    const other = await onOtherBranch(...deploying);
    await stage.jobsBecome(id, { deploy: 'pending' });
    await stage.jobsBecome(other, { deploy: 'pending' });
    const [group] = await stage.rows<{ key: string }>(
      `SELECT resource_group AS key FROM job WHERE pipeline_id = $1`,
      id,
    );
    expect(group?.key).toBe(stage.branch.slice(0, -1));
    await stage.runNext();
    await stage.runNext();
  });

  it('get it in the order of their pipelines, or the newest first, as the project says', async () => {
    const key = 'orderly';
    const job = `deploy: {script: x, resource_group: ${key}}`;
    const first = await stage.newPipeline(job);
    await stage.jobsBecome(first, { deploy: 'pending' });
    const refused = await stage.asDana.put(stage.apiPath(`resource_groups/${key}`), { process_mode: 'sideways' });
    expect(refused.status).toBe(400);
    const set = await stage.asDana.put(stage.apiPath(`resource_groups/${key}`), { process_mode: 'newest_first' });
    expect(set).toMatchObject({ status: 200, body: { key, process_mode: 'newest_first' } });
    const second = await onOtherBranch(job);
    const third = await onOtherBranch(job);
    await stage.jobsBecome(third, { deploy: 'waiting_for_resource' });
    const upcoming = await stage.asDana.get(stage.apiPath(`resource_groups/${key}/upcoming_jobs`));
    expect((upcoming.body as { id: number }[]).map(({ id }) => id)).toEqual([
      await stage.jobId(third, 'deploy'),
      await stage.jobId(second, 'deploy'),
    ]);
    await stage.runNext();
    await stage.jobsBecome(third, { deploy: 'pending' });
    expect(await stage.statuses(second)).toEqual({ deploy: 'waiting_for_resource' });
    await stage.runNext();
    await stage.jobsBecome(second, { deploy: 'pending' });
    await stage.runNext();
    await stage.becomes(second, 'success');
    expect((await stage.asDana.get(stage.apiPath('resource_groups'))).body).toContainEqual(
      expect.objectContaining({ key }),
    );
  });

  it('let a newer pipeline wait for the older one whose turn has not come, with oldest_first', async () => {
    const key = 'patient';
    const slow = [
      'stages: [a, b]',
      'build: {stage: a, script: x}',
      `deploy: {stage: b, script: x, resource_group: ${key}}`,
    ];
    const quick = [`deploy: {script: x, resource_group: ${key}}`];
    const older = await stage.newPipeline(`deploy: {script: x, resource_group: ${key}}`);
    await stage.runNext();
    await stage.becomes(older, 'success');
    await stage.asDana.put(stage.apiPath(`resource_groups/${key}`), { process_mode: 'oldest_first' });
    const first = await onOtherBranch(...slow);
    const second = await onOtherBranch(...quick);
    await stage.jobsBecome(second, { deploy: 'waiting_for_resource' });
    await stage.runNext();
    await stage.jobsBecome(first, { deploy: 'pending' });
    expect(await stage.statuses(second)).toEqual({ deploy: 'waiting_for_resource' });
    await stage.runNext();
    await stage.jobsBecome(second, { deploy: 'pending' });
    await stage.runNext();
    await stage.becomes(second, 'success');
  });
});

describe('a pipeline that a newer one makes redundant (6.8)', () => {
  const plain = ['stages: [a, b]', 'one: {stage: a, script: x}', 'two: {stage: b, script: x}'];

  it('is ended when nothing of it has started, and says which one did it', async () => {
    const id = await stage.newPipeline(...plain);
    const newer = await stage.newPipeline(...plain);
    await stage.becomes(id, 'canceled');
    const view = await stage.asDana.get(`/api/crosstie/v1/pipelines/${id}`);
    expect(view.body).toMatchObject({ auto_canceled_by: newer });
    expect(await stage.statuses(id)).toEqual({ one: 'canceled', two: 'canceled' });
    await stage.runNext();
    await stage.runNext();
    await stage.becomes(newer, 'success');
  });

  it('goes on when a job has started that must not be interrupted, and is ended when it may be', async () => {
    const id = await stage.newPipeline(...plain);
    const taken = await stage.take();
    const newer = await stage.newPipeline(...plain);
    await stage.runNext();
    expect(await stage.statuses(id)).toMatchObject({ one: 'running' });
    await stage.runner.update(taken, { state: 'success' });
    for (let n = 0; n < 2; n += 1) await stage.runNext();
    await stage.becomes(id, 'success');
    await stage.becomes(newer, 'success');
    stage.branch += 'x';
    const soft = ['default: {interruptible: true}', ...plain];
    const old = await stage.newPipeline(...soft);
    const running = await stage.take();
    const last = await stage.newPipeline(...soft);
    await stage.jobsBecome(old, { one: 'canceling', two: 'canceled' });
    await stage.runner.update(running, failure()).catch(() => undefined);
    await stage.becomes(old, 'canceled');
    await stage.runNext();
    await stage.runNext();
    await stage.becomes(last, 'success');
  });

  it('loses its interruptible jobs alone, or nothing, as its workflow says', async () => {
    const flow = (mode: string) => [
      `workflow: {auto_cancel: {on_new_commit: ${mode}}}`,
      'soft: {script: x, interruptible: true}',
      'hard: {script: x}',
    ];
    const id = await stage.newPipeline(...flow('interruptible'));
    const none = await stage.newPipeline(...flow('none'));
    await stage.jobsBecome(id, { soft: 'canceled', hard: 'pending' });
    const last = await stage.newPipeline(...flow('none'));
    await stage.jobsBecome(last, { soft: 'pending' });
    expect(await stage.statuses(none)).toEqual({ soft: 'pending', hard: 'pending' });
    for (let n = 0; n < 5; n += 1) await stage.runNext();
    await stage.becomes(last, 'success');
    await stage.becomes(id, 'canceled');
  });

  it('goes on when the project does not want it', async () => {
    const project = `/api/v4/projects/${stage.projectId}`;
    const kim = await stage.api('kim');
    expect((await stage.asDana.put(project, { auto_cancel_pending_pipelines: 'disabled' })).status).toBe(403);
    const changed = await kim.put(project, { auto_cancel_pending_pipelines: 'disabled' });
    expect(changed).toMatchObject({ status: 200, body: { auto_cancel_pending_pipelines: 'disabled' } });
    const id = await stage.newPipeline(...plain);
    const newer = await stage.newPipeline(...plain);
    for (let n = 0; n < 4; n += 1) await stage.runNext();
    await stage.becomes(id, 'success');
    await stage.becomes(newer, 'success');
    await kim.put(project, { auto_cancel_pending_pipelines: 'enabled' });
  });

  it('goes on when it is of another branch', async () => {
    const id = await stage.newPipeline(...plain);
    stage.branch += 'x';
    const other = await stage.newPipeline(...plain);
    await stage.jobsBecome(other, { one: 'pending' });
    expect(await stage.statuses(id)).toMatchObject({ one: 'pending' });
    for (let n = 0; n < 4; n += 1) await stage.runNext();
    await stage.becomes(id, 'success');
  });
});

describe('a pipeline that its own failure ends (6.5)', () => {
  it('loses everything that has not ended when on_job_failure is all', async () => {
    const id = await stage.newPipeline(
      'workflow: {auto_cancel: {on_job_failure: all}}',
      'stages: [a, b]',
      'bad: {stage: a, script: x}',
      'slow: {stage: a, script: x}',
      'last: {stage: b, script: x}',
    );
    const [bad, slow] = [await stage.take(), await stage.take()];
    await stage.runner.update(bad, failure());
    await stage.jobsBecome(id, { bad: 'failed', slow: 'canceling', last: 'canceled' });
    await stage.runner.update(slow, failure()).catch(() => undefined);
    await stage.becomes(id, 'failed');
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
    const { body } = await stage.asDana.get(stage.apiPath(`environments?name=${name}`));
    return (body as Shown[])[0] ?? { id: 0, state: 'absent', external_url: null, tier: '' };
  }

  it('is what its last job made of it, and is stopped by the job that it names', async () => {
    const id = await stage.newPipeline(
      'deploy: {script: x, environment: {name: blue, url: "https://$CI_ENVIRONMENT_SLUG.example", on_stop: halt}}',
      'halt: {script: x, when: manual, environment: {name: blue, action: stop}}',
    );
    await stage.jobsBecome(id, { halt: 'manual' });
    expect(await environment('blue')).toMatchObject({ state: 'available', external_url: null, tier: 'other' });
    const deploy = await stage.runNext();
    const valueOf = (key: string) => deploy.variables.findLast((variable) => variable.key === key)?.value;
    const { id: blue } = await environment('blue');
    expect(valueOf('CI_ENVIRONMENT_ID')).toBe(String(blue));
    await stage.becomes(id, 'success');
    expect(await environment('blue')).toMatchObject({ state: 'available', external_url: 'https://blue.example' });
    const shown = await stage.asDana.get(stage.apiPath(`environments/${blue}`));
    expect(shown.body).toMatchObject({ last_deployment: { status: 'success', deployable: { name: 'deploy' } } });
    expect((await stage.asDana.post(stage.apiPath(`environments/${blue}/stop`))).status).toBe(200);
    await stage.jobsBecome(id, { halt: 'pending' });
    await stage.runNext();
    await stage.becomes(id, 'success');
    expect(await environment('blue')).toMatchObject({ state: 'stopped' });
  });

  it('without such a job is stopped at once, until it is deployed to again', async () => {
    const file = 'deploy: {script: x, environment: green}';
    const id = await stage.newPipeline(file);
    await stage.runNext();
    await stage.becomes(id, 'success');
    const { id: green } = await environment('green');
    await stage.asDana.post(stage.apiPath(`environments/${green}/stop`));
    expect(await environment('green')).toMatchObject({ state: 'stopped' });
    await stage.passTime(1_000);
    const again = await stage.newPipeline(file);
    await stage.runNext();
    await stage.becomes(again, 'success');
    expect(await environment('green')).toMatchObject({ id: green, state: 'available' });
    expect((await stage.asDana.post(stage.apiPath('environments/999999/stop'))).status).toBe(404);
  });

  it('is stopped by itself when its time is over, as who deployed to it, once', async () => {
    const id = await stage.newPipeline(
      'deploy: {script: x, environment: {name: review, on_stop: halt, auto_stop_in: 2 hours}}',
      'halt: {script: x, when: manual, environment: {name: review, action: stop}}',
    );
    await stage.runNext();
    await stage.becomes(id, 'success');
    await stage.passTime(7_100_000);
    expect(await environment('review')).toMatchObject({ state: 'available' });
    await stage.passTime(200_000);
    await stage.jobsBecome(id, { halt: 'pending' });
    const halt = await stage.runNext(failure());
    expect(halt.job_info.name).toBe('halt');
    await stage.jobsBecome(id, { halt: 'failed' });
    expect(await environment('review')).toMatchObject({ state: 'available' });
    const [row] = await stage.rows<{ n: number }>('SELECT count(*)::int AS n FROM job WHERE pipeline_id = $1', id);
    expect(row?.n).toBe(2);
  });
});
