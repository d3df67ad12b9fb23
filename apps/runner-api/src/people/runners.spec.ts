import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { asker, type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { type PersonSketch, stagePerson } from '../testing/stage-person.js';

describe('runners for people', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  const person = ({ maintains, ...sketch }: PersonSketch & { maintains?: number } = {}) =>
    stagePerson(stage, { ...sketch, ...(maintains && { member: [maintains, 40] }) });

  it('are made by an administrator for everybody, with a token that is shown once and works', async () => {
    const admin = await person({ admin: true });
    const made = await admin.call('POST', 'user/runners', {
      runner_type: 'instance_type',
      description: 'the big one',
      tag_list: 'linux, gpu,linux',
      run_untagged: 'False',
      maximum_timeout: 900,
    });
    expect(made).toMatchObject({
      status: 201,
      body: { token: expect.stringMatching(/^glrt-/), token_expires_at: null },
    });
    const { id, token } = made.body as { id: number; token: string };
    expect((await stage.post('runners/verify', asker(token))).status).toBe(200);
    const details = await admin.call('GET', `runners/${id}`);
    expect(details.body).toMatchObject({
      id,
      description: 'the big one',
      tag_list: ['gpu', 'linux'],
      run_untagged: false,
      maximum_timeout: 900,
      is_shared: true,
      status: 'online',
      job_execution_status: 'idle',
      version: '1',
    });
    expect(JSON.stringify(details.body)).not.toContain(token);
    expect((await admin.call('GET', `runners/${id}/managers`)).body).toMatchObject([{ system_id: 's_0123456789ab' }]);
  });

  it('of a project are made by who maintains it, and by nobody else', async () => {
    const projectId = await stage.project();
    const wanted = { runner_type: 'project_type', project_id: projectId };
    const maintainer = await person({ maintains: projectId });
    expect((await maintainer.call('POST', 'user/runners', wanted)).status).toBe(201);
    expect((await maintainer.call('POST', 'user/runners', { runner_type: 'instance_type' })).status).toBe(403);
    expect((await (await person()).call('POST', 'user/runners', wanted)).status).toBe(404);
    const reader = await person({ maintains: projectId, scopes: ['read_api'] });
    expect((await reader.call('POST', 'user/runners', wanted)).body).toMatchObject({ error: 'insufficient_scope' });
    const list = (await maintainer.call('GET', 'runners')).body as { runner_type: string }[];
    expect(list).toMatchObject([{ runner_type: 'project_type', status: 'never_contacted', online: false }]);
    expect((await (await person()).call('GET', 'runners')).body).toEqual([]);
  });

  it('take jobs that were waiting before they were made', async () => {
    const projectId = await stage.project();
    const { jobIds } = await stage.pipeline(projectId, [{}]);
    await stage.queue(jobIds[0] as number);
    const maintainer = await person({ maintains: projectId });
    const made = await maintainer.call('POST', 'user/runners', { runner_type: 'project_type', project_id: projectId });
    expect((await stage.request((made.body as { token: string }).token)).status).toBe(201);
    const [runner] = (await maintainer.call('GET', 'runners')).body as { job_execution_status: string }[];
    expect(runner?.job_execution_status).toBe('active');
  });

  it('are changed, paused, given another token, and removed', async () => {
    const projectId = await stage.project();
    const maintainer = await person({ maintains: projectId });
    const made = await maintainer.call('POST', 'user/runners', { runner_type: 'project_type', project_id: projectId });
    const { id, token } = made.body as { id: number; token: string };
    const changed = await maintainer.call('PUT', `runners/${id}`, { paused: true, tag_list: ['b', 'a'] });
    expect(changed).toMatchObject({ status: 200, body: { paused: true, active: false, tag_list: ['a', 'b'] } });
    expect((await stage.request(token)).status).toBe(204);
    const useless = { tag_list: [], run_untagged: false };
    expect((await maintainer.call('PUT', `runners/${id}`, useless)).status).toBe(400);
    const reset = await maintainer.call('POST', `runners/${id}/reset_authentication_token`, null);
    expect(reset.status).toBe(201);
    expect((await stage.request(token)).status).toBe(403);
    const next = (reset.body as { token: string }).token;
    expect((await stage.request(next)).status).toBe(204);
    expect((await maintainer.call('DELETE', `runners/${id}`)).status).toBe(204);
    expect((await stage.request(next)).status).toBe(403);
    const sql = "SELECT action FROM audit_event WHERE entity_type = 'runner' AND entity_id = $1 ORDER BY id";
    const { rows } = await stage.database.pool.query<{ action: string }>(sql, [id]);
    expect(rows.map(({ action }) => action)).toEqual([
      'runner.created',
      'runner.changed',
      'runner.token_reset',
      'runner.deleted',
    ]);
  });

  it('are not there for who may not administer them', async () => {
    const stranger = await person();
    const admin = await person({ admin: true });
    const { body } = await admin.call('POST', 'user/runners', { runner_type: 'instance_type' });
    const { id } = body as { id: number };
    for (const [method, path] of [
      ['GET', ''],
      ['PUT', ''],
      ['DELETE', ''],
      ['GET', '/managers'],
      ['POST', '/reset_authentication_token'],
    ] as const) {
      const answer = await stranger.call(method, `runners/${id}${path}`, method === 'GET' ? undefined : {});
      expect([answer.status, answer.body]).toEqual([404, { message: '404 Runner Not Found' }]);
    }
    expect((await stranger.call('GET', 'runners/all')).status).toBe(403);
    expect((await admin.call('GET', 'runners/none')).status).toBe(404);
    expect((await stage.get('runners')).status).toBe(401);
  });

  it('of a project are listed with those it shares, by page and by filter', async () => {
    const projectId = await stage.project();
    const maintainer = await person({ maintains: projectId });
    const make = (more: object) =>
      maintainer.call('POST', 'user/runners', { runner_type: 'project_type', project_id: projectId, ...more });
    await make({ tag_list: ['only-here'] });
    await make({ paused: true });
    const all = await maintainer.call('GET', `projects/${projectId}/runners?per_page=1`);
    expect(all.body).toHaveLength(1);
    expect(Number(all.headers.get('x-total'))).toBeGreaterThanOrEqual(2);
    expect(all.headers.get('link')).toMatch(/rel="next", <.*>; rel="first"/);
    const byTag = await maintainer.call('GET', `projects/${projectId}/runners?tag_list=only-here`);
    expect(byTag.body).toMatchObject([{ tag_list: ['only-here'] }]);
    const paused = await maintainer.call('GET', `projects/${projectId}/runners?paused=true&type=project_type`);
    expect(paused.body).toMatchObject([{ paused: true }]);
    expect((await maintainer.call('GET', 'runners?status=online')).body).toEqual([]);
    expect((await (await person()).call('GET', `projects/${projectId}/runners`)).status).toBe(404);
  });

  it.each([
    {},
    { runner_type: 'other' },
    { runner_type: 'instance_type', maximum_timeout: 5 },
    { runner_type: 'instance_type', tag_list: ['a\u0007b'] },
    { runner_type: 'instance_type', run_untagged: false },
    { runner_type: 'instance_type', paused: 'perhaps' },
    { runner_type: 'instance_type', description: 'x'.repeat(2000) },
    { runner_type: 'project_type' },
  ])('are not made of %j', async (wanted) => {
    const admin = await person({ admin: true });
    expect((await admin.call('POST', 'user/runners', wanted)).status).toBe(400);
  });

  it('answer clients of GitLab: parameters in the query, an ETag, links without the token, what is not there', async () => {
    const { call, token } = await person({ admin: true });
    const made = await call('POST', 'user/runners?runner_type=instance_type&tag_list=a,b&description=by+query');
    expect(made).toMatchObject({ status: 201, body: { token: expect.stringMatching(/^glrt-/) } });
    const list = await fetch(`${stage.url}/api/v4/runners/all?private_token=${token}&per_page=1`);
    expect(list.headers.get('link')).toMatch(/rel="first"/);
    expect(list.headers.get('link')).not.toContain(token);
    const etag = list.headers.get('etag') ?? '';
    const again = await fetch(list.url, { headers: { 'if-none-match': etag } });
    expect([etag.slice(0, 3), again.status]).toEqual(['W/"', 304]);
    expect((await call('GET', 'runners/x')).body).toEqual({ message: '404 Runner Not Found' });
  });

  it('of one project are shared with another by who maintains both, and take its jobs then', async () => {
    const [mine, yours] = [await stage.project(), await stage.project()];
    const both = await person({ maintains: mine });
    const made = await both.call('POST', 'user/runners', { runner_type: 'project_type', project_id: mine });
    const { id, token } = made.body as { id: number; token: string };
    const { jobIds } = await stage.pipeline(yours, [{ name: 'shared' }]);
    await stage.queue(jobIds[0] as number);
    expect((await stage.request(token)).status).toBe(204);

    expect((await both.call('POST', `projects/${yours}/runners`, { runner_id: id })).status).toBe(404);
    const sql = 'INSERT INTO membership (user_id, project_id, access_level) VALUES ($1, $2, 40)';
    await stage.database.pool.query(sql, [both.userId, yours]);
    await both.call('PUT', `runners/${id}`, { locked: true });
    expect((await both.call('POST', `projects/${yours}/runners`, { runner_id: id })).status).toBe(403);
    await both.call('PUT', `runners/${id}`, { locked: false });
    expect(await both.call('POST', `projects/${yours}/runners`, { runner_id: id })).toMatchObject({
      status: 201,
      body: { id, projects: [{ id: mine }, { id: yours }] },
    });
    expect((await both.call('POST', `projects/${yours}/runners`, { runner_id: id })).status).toBe(409);
    expect((await both.call('POST', `projects/${mine}/runners`, { runner_id: id })).status).toBe(409);
    expect((await both.call('POST', `projects/${yours}/runners`, { runner_id: 'x' })).status).toBe(400);
    const job = (await (await stage.request(token)).json()) as { id: number; token: string };
    expect(job.id).toBe(jobIds[0]);

    expect(await both.call('GET', `runners/${id}/jobs?status=running`)).toMatchObject({
      status: 200,
      body: [{ id: job.id, name: 'shared', status: 'running', project: { id: yours }, system_id: 's_0123456789ab' }],
    });
    expect((await both.call('GET', `runners/${id}/jobs?status=odd`)).status).toBe(400);
    expect((await (await person()).call('GET', `runners/${id}/jobs`)).status).toBe(404);

    expect((await both.call('DELETE', `projects/${mine}/runners/${id}`)).status).toBe(403);
    expect((await both.call('DELETE', `projects/${yours}/runners/${id}`)).status).toBe(204);
    expect((await both.call('DELETE', `projects/${yours}/runners/${id}`)).status).toBe(404);
  });

  it('of an owner on GitHub are listed for administrators', async () => {
    const admin = await person({ admin: true });
    const projectId = await stage.project();
    await stage.runner(projectId);
    const byLogin = await admin.call('GET', 'groups/acme/runners');
    expect(byLogin.status).toBe(200);
    expect((await admin.call('GET', 'groups/nobody/runners')).status).toBe(404);
    expect((await (await person()).call('GET', 'groups/acme/runners')).status).toBe(403);
  });
});
