import { createAccessToken } from '@crosstie/domain';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { asker, type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';

describe('runners for people', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  async function person(settings: { admin?: boolean; maintains?: number; scopes?: string[] } = {}) {
    const userId = await stage.person();
    if (settings.admin)
      await stage.database.pool.query('UPDATE user_account SET is_admin = true WHERE id = $1', [userId]);
    if (settings.maintains) {
      const sql = 'INSERT INTO membership (user_id, project_id, access_level) VALUES ($1, $2, 40)';
      await stage.database.pool.query(sql, [userId, settings.maintains]);
    }
    const scopes = settings.scopes ?? ['api'];
    const expiresAt = new Date(stage.clock.ms() + 86_400_000);
    const { token } = await createAccessToken(stage.database, { userId, name: 'test', scopes, expiresAt });
    const call = async (method: string, path: string, body?: unknown) => {
      const response = await fetch(`${stage.url}/api/v4/${path}`, {
        method,
        headers: { 'private-token': token, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : null) as never };
    };
    return { userId, call, token };
  }

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
    expect((await call('GET', 'runners/1/jobs')).body).toMatchObject({
      message: expect.stringMatching(/not part of Crosstie: the jobs of a runner/),
    });
  });
});
