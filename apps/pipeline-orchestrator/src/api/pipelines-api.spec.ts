import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { ApiJob } from './api-job.js';
import type { ApiPipeline, ApiPipelineBasic } from './api-pipeline.js';
import type { ApiProject } from './api-project.js';
import type { ApiLint } from './api-lint.js';
import { ApiHouse, type Asker } from './testing/api-house.js';

describe('pipelines over the REST API', () => {
  let house: ApiHouse;
  let project: number;
  let other: number;
  let dana: Asker;
  const at = (path: string) => `/api/v4/projects/${project}${path}`;

  beforeAll(async () => {
    house = await ApiHouse.start();
    project = await house.project('acme/a.b-c');
    other = await house.project('acme/other');
    dana = await house.person({ [project]: 30 });
  });
  afterAll(() => house.stop());

  it('knows a project by its number and by its path in every spelling of a client', async () => {
    for (const ref of [String(project), 'acme%2Fa.b-c', 'acme%2Fa%2Eb-c', 'ACME%2FA%2Eb-C']) {
      const answer = await dana.get(`/api/v4/projects/${ref}`);
      expect([ref, answer.status]).toEqual([ref, 200]);
      expect(answer.json<ApiProject>()).toMatchObject({ id: project, path_with_namespace: 'acme/a.b-c' });
    }
  });

  it('shows the projects that one may see, and answers the others like absent ones', async () => {
    expect((await dana.get('/api/v4/projects')).json<ApiProject[]>().map(({ id }) => id)).toEqual([project]);
    const foreign = await dana.get(`/api/v4/projects/${other}`);
    const absent = await dana.get('/api/v4/projects/999999');
    expect([foreign.status, foreign.text]).toEqual([404, absent.text]);
    expect(foreign.json()).toEqual({ message: '404 Project Not Found' });
  });

  it('finds nothing of one project through another', async () => {
    const mine = await house.pipeline(project);
    const job = await house.job(mine);
    const admin = await house.person({}, { admin: true });
    for (const path of [`/pipelines/${mine}`, `/pipelines/${mine}/jobs`, `/jobs/${job}`, `/jobs/${job}/trace`]) {
      expect((await admin.get(`/api/v4/projects/${other}${path}`)).status).toBe(404);
      expect((await admin.get(`/api/v4/projects/${project}${path}`)).status).toBe(200);
    }
  });

  it('pages with totals, neighbours and links that name this server', async () => {
    const paged = await house.project('acme/paged');
    const reader = await house.person({ [paged]: 10 });
    for (let i = 0; i < 5; i += 1) await house.pipeline(paged, { ref: i % 2 ? 'feat/x' : 'main' });
    const answer = await reader.get(`/api/v4/projects/acme%2Fpaged/pipelines?per_page=2&page=2&order_by=id&sort=asc`);
    const ids = answer.json<ApiPipelineBasic[]>().map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('x-')))).toMatchObject({
      'x-page': '2',
      'x-per-page': '2',
      'x-next-page': '3',
      'x-prev-page': '1',
      'x-total': '5',
      'x-total-pages': '3',
    });
    const base = `${house.context.config.url}/api/v4/projects/acme%2Fpaged/pipelines?per_page=2`;
    const link = (page: number, rel: string) => `<${base}&page=${page}&order_by=id&sort=asc>; rel="${rel}"`;
    expect(answer.headers.get('link')).toBe(
      [link(1, 'prev'), link(3, 'next'), link(1, 'first'), link(3, 'last')].join(', '),
    );
    const last = await reader.get(`/api/v4/projects/${paged}/pipelines?per_page=2&page=3`);
    expect([last.headers.get('x-next-page'), last.headers.get('x-prev-page')]).toEqual(['', '2']);
    expect((await reader.get(`/api/v4/projects/${paged}/pipelines?ref=feat/x`)).headers.get('x-total')).toBe('2');
    const clamped = await reader.get(`/api/v4/projects/${paged}/pipelines?per_page=500`);
    expect(clamped.headers.get('x-per-page')).toBe('100');
  });

  it.each([
    ['order_by=id;select pg_sleep(9)--', 'order_by does not have a valid value'],
    ['sort=asc,(select 1)', 'sort does not have a valid value'],
    ['status=broken', 'status does not have a valid value'],
    ['page=0', 'page does not have a valid value'],
    ['per_page=x', 'per_page does not have a valid value'],
    ['updated_after=yesterday', 'updated_after does not have a valid value'],
  ])('refuses %s by name', async (query, error) => {
    const answer = await dana.get(at(`/pipelines?${encodeURI(query)}`));
    expect([answer.status, answer.json()]).toEqual([400, { error }]);
  });

  it('takes filters of every shape without an error', async () => {
    const id = await house.pipeline(project, {
      status: 'failed',
      yaml_errors: 'bad',
      sender_login: 'Erin',
      source: 'push',
    });
    for (const query of [
      'scope=finished&username=erin',
      'yaml_errors=True',
      'status=failed&unknown=1',
      'updated_after=2020-01-01T00:00:00Z&created_before=2100-01-01',
      'scope=branches&order_by=user_id&sort=desc',
      'name=&ref=',
    ]) {
      const answer = await dana.get(at(`/pipelines?${query}`));
      expect([query, answer.status]).toEqual([query, 200]);
      expect(answer.json<ApiPipelineBasic[]>().some((pipeline) => pipeline.id === id)).toBe(true);
    }
  });

  it('answers a pipeline with the types that clients decode', async () => {
    const id = await house.pipeline(project, {
      started_at: new Date('2026-11-24T15:00:02.600Z'),
      finished_at: new Date('2026-11-24T15:01:02.100Z'),
      created_at: new Date('2026-11-24T15:00:00.123Z'),
      user_id: dana.userId,
    });
    await house.job(id, { status: 'failed', allow_failure: true });
    const answer = (await dana.get(at(`/pipelines/${id}`))).json<ApiPipeline>();
    expect(answer).toMatchObject({
      id,
      project_id: project,
      status: 'success',
      created_at: '2026-11-24T15:00:00.123Z',
      started_at: '2026-11-24T15:00:02.600Z',
      duration: 60,
      queued_duration: 2,
      coverage: null,
      yaml_errors: null,
      user: { id: dana.userId, state: 'active' },
      web_url: `${house.context.config.url}/acme/a.b-c/-/pipelines/${id}`,
      detailed_status: { group: 'success-with-warnings', details_path: `/acme/a.b-c/-/pipelines/${id}` },
      crosstie: { sender_login: 'kim', commit_title: 'A title', attempt: 1 },
    });
  });

  it('gives the newest of a branch, and where there is none says so in a 403', async () => {
    const branch = 'feat/ü$(touch x)';
    const id = await house.pipeline(project, { ref: branch });
    const found = await dana.get(at(`/pipelines/latest?ref=${encodeURIComponent(branch)}`));
    expect(found.json<ApiPipeline>().id).toBe(id);
    const none = await dana.get(at('/pipelines/latest?ref=nowhere'));
    expect([none.status, none.json()]).toEqual([
      403,
      { message: '403 Forbidden - There is no pipeline on nowhere yet.' },
    ]);
  });

  it('answers 304 to who has the answer already', async () => {
    const id = await house.pipeline(project);
    const first = await dana.get(at(`/pipelines/${id}`));
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    const again = await dana.get(at(`/pipelines/${id}`), { 'if-none-match': etag });
    expect([again.status, again.text]).toEqual([304, '']);
    await house.rows(`UPDATE pipeline SET status = 'running' WHERE id = $1`, [id]);
    expect((await dana.get(at(`/pipelines/${id}`), { 'if-none-match': etag })).status).toBe(200);
  });

  it('lists the jobs of the current attempt, newest first, and all tries when asked', async () => {
    const id = await house.pipeline(project, { attempt: 2, status: 'failed' });
    const old = await house.job(id, { attempt: 1, status: 'canceled' });
    const retried = await house.job(id, { attempt: 2, status: 'failed', retried: true, index: 7000 });
    const now = await house.job(id, { attempt: 2, status: 'failed', index: 7000, failure_reason: 'script_failure' });
    const ids = async (query: string) =>
      (await dana.get(at(`/pipelines/${id}/jobs${query}`))).json<ApiJob[]>().map((job) => job.id);
    expect(await ids('')).toEqual([now]);
    expect(await ids('?include_retried=true')).toEqual([now, retried, old]);
    expect(await ids('?include_retried=1&scope[]=canceled&scope[]=success')).toEqual([old]);
    expect(await ids('?scope=failed')).toEqual([now]);
    expect((await dana.get(at(`/pipelines/${id}/jobs?scope[]=wrong`))).status).toBe(400);
    expect((await dana.get(at(`/pipelines/${id}/bridges?per_page=500`))).json()).toEqual([]);
  });

  it('answers a job with objects where clients look into objects', async () => {
    const pipeline = await house.pipeline(project, { status: 'running' });
    const [lane] = await house.rows(
      `INSERT INTO lane (scope, protected, tags) VALUES ('instance', false, '{docker,linux}') RETURNING id`,
      [],
    );
    const id = await house.job(pipeline, { status: 'failed', failure_reason: 'script_failure', lane_id: lane?.id });
    const job = (await dana.get(at(`/jobs/${id}`))).json<ApiJob>();
    expect(job).toMatchObject({
      id,
      status: 'failed',
      failure_reason: 'script_failure',
      user: {},
      runner: null,
      runner_manager: null,
      coverage: null,
      artifacts: [],
      tag_list: ['docker', 'linux'],
      project: { ci_job_token_scope_enabled: true },
      pipeline: { id: pipeline },
      commit: { short_id: job.commit.id.slice(0, 8), title: 'A title', author_name: 'Kim' },
      web_url: `${house.context.config.url}/acme/a.b-c/-/jobs/${id}`,
    });
    expect(job).not.toHaveProperty('artifacts_file');
    const running = await house.job(pipeline, { status: 'running' });
    expect((await dana.get(at(`/jobs/${running}`))).json()).not.toHaveProperty('failure_reason');
  });

  it('finds the last pipeline of a commit and of a branch', async () => {
    const sha = 'ab'.repeat(20);
    const id = await house.pipeline(project, { sha, ref: 'feat/y' });
    for (const name of [sha, 'feat%2Fy']) {
      const answer = await dana.get(at(`/repository/commits/${name}`));
      expect(answer.json()).toMatchObject({ id: sha, last_pipeline: { id }, author_email: 'k@x.test' });
    }
    expect((await dana.get(at('/repository/commits/nothing'))).status).toBe(404);
  });

  it('wants a token, its scope and the role', async () => {
    const nobody = await fetch(`${house.url}${at('/pipelines')}`);
    expect([nobody.status, await nobody.json()]).toEqual([401, { message: '401 Unauthorized' }]);
    const id = await house.pipeline(project, { status: 'running' });
    const reader = await house.person({ [project]: 40 }, { scopes: ['read_api'] });
    const narrow = await reader.post(at(`/pipelines/${id}/cancel`));
    expect([narrow.status, narrow.json()]).toMatchObject([403, { error: 'insufficient_scope', scope: 'api' }]);
    const reporter = await house.person({ [project]: 20 });
    const low = await reporter.post(at(`/pipelines/${id}/cancel`));
    expect(low.status).toBe(403);
    expect(low.json<{ message: string }>().message).toMatch(/^403 Forbidden - Your role here is Reporter/);
    expect((await dana.get('/api/v4/nothing/of/that')).json()).toEqual({ error: '404 Not Found' });
  });

  it('lints a text with the place of each fault, always with 200', async () => {
    const lint = async (content: string, more: Record<string, unknown> = {}) => {
      const answer = await dana.post(at('/ci/lint'), { content, ref: '', ...more });
      expect(answer.status).toBe(200);
      return answer.json<ApiLint>();
    };
    expect(await lint('build: {script: [make]}', { include_jobs: true })).toMatchObject({
      valid: true,
      errors: [],
      warnings: [],
      includes: [],
      jobs: [{ name: 'build', stage: 'test', script: ['make'], when: 'on_success' }],
    });
    const wrong = await lint('build:\n  script: 3\n');
    expect(wrong.valid).toBe(false);
    expect(wrong.errors[0]).toMatch(/script/);
    expect(wrong).not.toHaveProperty('jobs');
    expect((await lint('build: {script: [x], trigger: other/project}')).valid).toBe(false);
    expect((await dana.post(at('/ci/lint'))).json()).toEqual({ error: 'content is missing' });
  });

  it('says of what GitLab has and this has not that it is not part of it', async () => {
    const say = async (path: string) => (await dana.get(`/api/v4/${path}`)).json<{ message: string }>().message;
    expect(await say('projects/1/repository/tree')).toMatch(/^404 Not Found - not part of Crosstie: contents/);
    expect(await say('issues')).toMatch(/not part of Crosstie: issues/);
    expect((await dana.post('/api/v4/ci/lint')).text).toMatch(/use POST \/projects\/:id\/ci\/lint/);
    expect((await dana.get(at('/merge_requests'))).json()).toEqual([]);
  });

  it('cancels a pipeline with 200, and changes nothing of one that has ended', async () => {
    const ended = await house.pipeline(project, { status: 'success' });
    const answer = await dana.post(at(`/pipelines/${ended}/cancel`));
    expect([answer.status, answer.json<ApiPipeline>().status]).toEqual([200, 'success']);
  });
});
