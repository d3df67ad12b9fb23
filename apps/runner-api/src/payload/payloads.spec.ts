import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { type JobSketch, type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import type { JobPayload } from './job-payload.js';

describe('the job that a runner gets', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());
  afterEach(() => {
    Object.assign(stage.authority, { refusal: null, lifeMs: 3_600_000 });
  });

  async function queued(sketch: JobSketch, ref = 'main') {
    const projectId = await stage.project();
    const runner = await stage.runner(projectId);
    const { jobIds } = await stage.pipeline(projectId, [sketch], ref);
    const jobId = jobIds[0] as number;
    await stage.queue(jobId);
    return { runner, jobId };
  }

  async function given(sketch: JobSketch = {}, ref = 'main'): Promise<JobPayload> {
    const { runner } = await queued(sketch, ref);
    return (await (await stage.request(runner)).json()) as JobPayload;
  }

  const valueOf = (job: JobPayload, key: string) => job.variables.findLast((variable) => variable.key === key)?.value;

  it('has the types that runners decode, everywhere', async () => {
    const job = await given({ artifacts: { paths: ['out/'], expire_in: '7 days' }, after_script: ['echo done'] });
    const texts = ['job_info.name', 'git_info.sha', 'git_info.repo_url', 'runner_info.uuid'];
    const at = (path: string) => path.split('.').reduce<unknown>((value, key) => (value as never)[key], job);
    for (const path of texts) expect(typeof at(path)).toBe('string');
    for (const path of ['id', 'job_info.project_id', 'job_info.pipeline_id', 'git_info.depth', 'runner_info.timeout']) {
      expect(Number.isInteger(at(path))).toBe(true);
    }
    expect(job.job_info.project_jobs_running_on_instance_runners_count).toBe('0');
    for (const variable of job.variables) {
      expect(variable).toEqual({
        key: expect.stringMatching(/^[A-Z_]+$/),
        value: expect.any(String),
        public: expect.any(Boolean),
        file: expect.any(Boolean),
        masked: expect.any(Boolean),
        raw: expect.any(Boolean),
      });
    }
    expect(job).not.toHaveProperty('run');
    expect(job.git_info.sha).toMatch(/^[0-9a-f]{40}$/);
    expect(job.token).toMatch(/^glcbt-/);
    expect(job.steps.map(({ name, script, when }) => [name, script, when])).toEqual([
      ['script', ['true'], 'on_success'],
      ['after_script', ['echo done'], 'always'],
    ]);
    expect(job.artifacts).toMatchObject([{ paths: ['out/'], when: 'on_success', expire_in: '7 days' }]);
  });

  it('fetches the commit itself first, then its branch, as deep as the job says', async () => {
    const job = await given({}, 'feature/ü;$(touch x)');
    expect(job.git_info).toMatchObject({
      refspecs: [
        `+${job.git_info.sha}:refs/pipelines/${job.job_info.pipeline_id}`,
        '+refs/heads/feature/ü;$(touch x):refs/remotes/origin/feature/ü;$(touch x)',
      ],
      depth: 20,
    });
    const plain = { public: true, file: false, masked: false, raw: true };
    const whole = await given({ variables: [{ key: 'GIT_DEPTH', value: '0', ...plain }] });
    expect(whole.git_info).toMatchObject({
      depth: 0,
      refspecs: [expect.any(String), '+refs/heads/*:refs/remotes/origin/*', expect.any(String)],
    });
    const odd = await given({ variables: [{ key: 'GIT_DEPTH', value: 'deep', ...plain }] });
    expect(odd.git_info.depth).toBe(20);
  });

  it('carries the clone token where git looks, and masks every place where it stands', async () => {
    const job = await given();
    const token = stage.authority.made.at(-1) as string;
    expect(new URL(job.git_info.repo_url)).toMatchObject({ username: 'x-access-token', password: token });
    for (const variable of job.variables) {
      const secret = variable.value.includes(token) || variable.value.includes(job.token);
      expect([variable.key, variable.masked]).toEqual([variable.key, secret]);
      if (secret) expect(variable).toMatchObject({ raw: true, public: false });
    }
    expect(valueOf(job, 'CI_JOB_TOKEN')).toBe(job.token);
    expect(job.features.token_mask_prefixes).toEqual(['ghu_']);
  });

  it('lets the definition win over what the server knows, but never over the tokens', async () => {
    const plain = { public: true, file: false, masked: false, raw: false };
    const variables = [
      { key: 'CI_RUNNER_DESCRIPTION', value: 'mine', ...plain },
      { key: 'CI_JOB_TOKEN', value: 'mine', ...plain },
      { key: 'LONG', value: 'x'.repeat(200_000), ...plain },
    ];
    const job = await given({ variables });
    expect(valueOf(job, 'CI_RUNNER_DESCRIPTION')).toBe('mine');
    expect(valueOf(job, 'CI_JOB_TOKEN')).toBe(job.token);
    expect(valueOf(job, 'LONG')?.length).toBeLessThan(128 * 1024);
    expect(valueOf(job, 'CI_JOB_ID')).toBe(String(job.id));
    expect(valueOf(job, 'GITLAB_USER_NAME')).toBe('Kim');
  });

  it('knows which of its kind it is, and whether a person started it', async () => {
    const job = await given({ name: 'test: [linux, 20]', parallel: { index: 2, total: 5 }, when: 'manual' });
    expect(valueOf(job, 'CI_NODE_INDEX')).toBe('2');
    expect(valueOf(job, 'CI_NODE_TOTAL')).toBe('5');
    expect(valueOf(job, 'CI_JOB_GROUP_NAME')).toBe('test');
    expect(valueOf(job, 'CI_JOB_NAME_SLUG')).toBe('test---linux--20');
    expect(valueOf(job, 'CI_JOB_MANUAL')).toBe('true');
    const plain = await given();
    expect(valueOf(plain, 'CI_NODE_TOTAL')).toBe('1');
    expect(valueOf(plain, 'CI_NODE_INDEX')).toBeUndefined();
    expect(valueOf(plain, 'CI_JOB_MANUAL')).toBeUndefined();
  });

  it('has its caches, whose keys say whether the branch is protected', async () => {
    const cache = [
      { key: 'npm-$CI_COMMIT_REF_SLUG', paths: ['.npm/'], policy: 'pull', when: 'always', fallback_keys: ['npm-main'] },
      { key: 'default', paths: ['b'], policy: 'pull-push', when: 'on_success', unprotect: true, fallback_keys: [] },
    ];
    const job = await given({ cache });
    expect(job.cache).toEqual([
      {
        key: 'npm-$CI_COMMIT_REF_SLUG-non_protected',
        paths: ['.npm/'],
        untracked: false,
        policy: 'pull',
        when: 'always',
        fallback_keys: ['npm-main-non_protected'],
      },
      {
        key: 'default-non_protected',
        paths: ['b'],
        untracked: false,
        policy: 'pull-push',
        when: 'on_success',
        fallback_keys: [],
      },
    ]);
    await stage.database.pool.query('ALTER TABLE pipeline ALTER COLUMN protected SET DEFAULT true');
    const safe = await given({ cache });
    await stage.database.pool.query('ALTER TABLE pipeline ALTER COLUMN protected SET DEFAULT false');
    expect(safe.cache.map((one) => one.key)).toEqual(['npm-$CI_COMMIT_REF_SLUG-protected', 'default-non_protected']);
  });

  it('uploads each report by itself, whatever becomes of the job, in the format of its kind', async () => {
    const reports = {
      junit: 'a.xml',
      dotenv: ['b.env'],
      codequality: 'c.json',
      coverage_report: { coverage_format: 'cobertura', path: 'd.xml' },
    };
    const job = await given({ artifacts: { reports, expire_in: '1 day' } });
    expect(job.artifacts.map((one) => [one.artifact_type, one.artifact_format, one.paths, one.when])).toEqual([
      ['junit', 'gzip', ['a.xml'], 'always'],
      ['dotenv', 'gzip', ['b.env'], 'always'],
      ['codequality', 'raw', ['c.json'], 'always'],
      ['cobertura', 'gzip', ['d.xml'], 'always'],
    ]);
    expect(new Set(job.artifacts.map((one) => one.expire_in))).toEqual(new Set(['1 day']));
  });

  it('has its hooks, and of the image what an executor may be told', async () => {
    const image = { name: 'node:24', docker: { platform: 'linux/arm64', user: 'dave' }, kubernetes: { user: 1001 } };
    const job = await given({ hooks: { pre_get_sources_script: ['echo early'] }, image });
    expect(job.hooks).toEqual([{ name: 'pre_get_sources_script', script: ['echo early'] }]);
    expect(job.image).toEqual({
      name: 'node:24',
      executor_opts: { docker: { platform: 'linux/arm64', user: 'dave' }, kubernetes: { user: 1001 } },
    });
    const plain = await given({ image: { name: 'node:24' } });
    expect(plain).toMatchObject({ hooks: [], cache: [], image: { name: 'node:24' } });
    expect(plain.image).not.toHaveProperty('executor_opts');
  });

  it('gets the variables that earlier jobs left, of needed ones with artifacts alone', async () => {
    const projectId = await stage.project();
    const runner = await stage.runner(projectId);
    const last = { needs: [{ job: 'one', artifacts: true, optional: false }] };
    const { jobIds } = await stage.pipeline(projectId, [{ name: 'one' }, { name: 'two' }, {}, last]);
    const [one, two, later, needing] = jobIds as [number, number, number, number];
    for (const [id, value] of [
      [one, 'first'],
      [two, 'second'],
    ] as const) {
      await stage.database.pool.query(`UPDATE job SET status = 'success' WHERE id = $1`, [id]);
      const left = JSON.stringify([{ key: 'VERSION', value }]);
      await stage.database.pool.query('INSERT INTO job_dotenv (job_id, project_id, variables) VALUES ($1, $2, $3)', [
        id,
        projectId,
        left,
      ]);
    }
    await stage.queue(later);
    const all = (await (await stage.request(runner)).json()) as JobPayload;
    expect(valueOf(all, 'VERSION')).toBe('second');
    expect(all.dependencies).toEqual([]);
    await stage.queue(needing);
    expect(valueOf((await (await stage.request(runner)).json()) as JobPayload, 'VERSION')).toBe('first');
  });

  it('is failed, with a sentence in its log, when what it depends on has expired', async () => {
    const projectId = await stage.project();
    const runner = await stage.runner(projectId);
    const { jobIds } = await stage.pipeline(projectId, [{ name: 'one' }, { name: 'two' }]);
    const [one, two] = jobIds as [number, number];
    await stage.database.pool.query(`UPDATE job SET status = 'success', archive_expired = true WHERE id = $1`, [one]);
    await stage.queue(two);
    expect((await stage.request(runner)).status).toBe(204);
    expect(await stage.job(two)).toMatchObject({ status: 'failed', failure_reason: 'missing_dependency_failure' });
  });

  it('has native steps as one text and no others, and goes to no runner that cannot run them', async () => {
    const run = [{ name: 'greet', script: 'echo hello' }];
    const { runner, jobId } = await queued({ run });
    const features = { two_phase_job_commit: true, native_steps_integration: true };
    const info = { name: 'test', version: '1', features };
    const job = (await (await stage.request(runner, { info })).json()) as JobPayload;
    expect(job).toMatchObject({ id: jobId, run: JSON.stringify(run), steps: [] });
    const other = await queued({ run });
    expect((await stage.request(other.runner)).status).toBe(204);
    expect(await stage.job(other.jobId)).toMatchObject({ status: 'failed', failure_reason: 'runner_unsupported' });
  });

  it('has the shorter of its own time and its runner\u2019s', async () => {
    expect((await given()).runner_info.timeout).toBe(3600);
    expect((await given({ timeout: 90 })).runner_info.timeout).toBe(90);
    const { runner } = await queued({ timeout: 90 });
    await stage.database.pool.query('UPDATE runner SET maximum_timeout = 60');
    expect(((await (await stage.request(runner)).json()) as JobPayload).runner_info.timeout).toBe(60);
    await stage.database.pool.query('UPDATE runner SET maximum_timeout = NULL');
  });

  it('shares one clone token between the jobs of a pipeline, and gets another when that one ends too soon', async () => {
    const projectId = await stage.project();
    const runner = await stage.runner(projectId);
    const { jobIds } = await stage.pipeline(projectId, [{}, {}, {}]);
    const tokens: (string | undefined)[] = [];
    for (const jobId of jobIds) {
      await stage.queue(jobId);
      tokens.push(valueOf((await (await stage.request(runner)).json()) as JobPayload, 'CI_REPOSITORY_TOKEN'));
      // A token that expires while the next job waits.
      if (jobId === jobIds[1]) stage.clock.advance(55 * 60_000);
    }
    expect(tokens[1]).toBe(tokens[0]);
    expect(tokens[2]).not.toBe(tokens[0]);
  });

  it('is failed with a sentence in its log when its person may not have the code any more', async () => {
    const message = 'Kim has taken back the permission.';
    stage.authority.refusal = { granted: false, reason: 'needs_reauth', message };
    const { runner, jobId } = await queued({});
    expect((await stage.request(runner)).status).toBe(204);
    expect(await stage.job(jobId)).toMatchObject({ status: 'failed', failure_reason: 'unmet_prerequisites' });
    const { rows } = await stage.database.pool.query('SELECT size FROM trace WHERE job_id = $1', [jobId]);
    expect(rows).toHaveLength(1);
    expect(await stage.events('job.finished')).toContainEqual(expect.objectContaining({ jobId, status: 'failed' }));
  });

  it('goes back into the queue when GitHub does not answer, and is given later', async () => {
    stage.authority.refusal = { granted: false, reason: 'github_unavailable', message: 'not now', retryAfterMs: 1000 };
    const { runner, jobId } = await queued({});
    expect((await stage.request(runner)).status).toBe(204);
    expect(await stage.job(jobId)).toMatchObject({ status: 'pending', token_hash: null });
    stage.authority.refusal = null;
    expect((await stage.request(runner)).status).toBe(201);
  });
});
