import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { declaredRoutes } from '@crosstie/access';
import { ownerOf } from '@crosstie/platform';
import { Api } from '@crosstie/testkit';

import { type LinkerStage, startLinkerStage } from '../testing/linker-stage.js';

type Body = Record<string, never>;

describe('people over the API', () => {
  let stage: LinkerStage;
  beforeAll(async () => {
    stage = await startLinkerStage();
  });
  afterAll(() => stage.stop());

  const send = async (api: Api, method: string, path: string, body?: unknown) => {
    const headers = { 'private-token': api.token, 'content-type': 'application/json' };
    const answer = await fetch(`${stage.url}${path}`, {
      method,
      headers,
      body: body ? JSON.stringify(body) : undefined,
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? (JSON.parse(text) as unknown) : null, headers: answer.headers };
  };

  it('declares a credential on every route, and serves only what the route file gives it', () => {
    const routes = declaredRoutes(stage.nest).filter(({ route }) => !/ (healthz|readyz)$/.test(route));
    expect(routes.filter(({ credential }) => credential === null)).toEqual([]);
    expect(routes.length).toBeGreaterThan(25);
    const foreign = routes.filter(({ route }) => {
      const [method = '', path = ''] = route.split(' ');
      return ownerOf(method, `/${path.replaceAll(/:\w+/g, '1')}`) !== 'identity-linker';
    });
    expect(foreign).toEqual([]);
  });

  it('says who is asking, with the token as header, as Bearer and in the query', async () => {
    const { api, token, id } = await stage.local('ada');
    expect((await api.get('/api/v4/user')).body).toMatchObject({
      id,
      username: 'ada',
      state: 'active',
      web_url: `${stage.url}/ada`,
      is_admin: false,
    });
    const bearer = await fetch(`${stage.url}/api/v4/user`, { headers: { authorization: `Bearer ${token}` } });
    expect(bearer.status).toBe(200);
    expect((await fetch(`${stage.url}/api/v4/user?private_token=${token}`)).status).toBe(200);
    expect(stage.lines.join('\n')).not.toContain(token);
  });

  it('answers 401 to no, an unknown, a revoked and an expired token, and to a blocked person', async () => {
    const none = await fetch(`${stage.url}/api/v4/user`);
    expect([none.status, await none.json()]).toEqual([401, { message: '401 Unauthorized' }]);
    expect((await new Api(stage.url, 'ctpat-nonsense').get('/api/v4/user')).status).toBe(401);

    const { api, id } = await stage.local('bo');
    const made = (await api.post('/api/v4/user/personal_access_tokens', { name: 'x', scopes: ['read_user'] }))
      .body as Body;
    const second = new Api(stage.url, String(made['token']));
    expect((await second.get('/api/v4/user')).status).toBe(200);
    expect((await send(api, 'DELETE', `/api/v4/personal_access_tokens/${made['id']}`)).status).toBe(204);
    expect((await second.get('/api/v4/user')).body).toMatchObject({ error: 'invalid_token' });

    await stage.rows('UPDATE access_token SET expires_at = $2 WHERE user_id = $1', id, stage.clock.now());
    expect((await api.get('/api/v4/user')).status).toBe(401);
    await stage.rows('UPDATE access_token SET expires_at = NULL WHERE user_id = $1', id);
    await stage.rows(`UPDATE user_account SET state = 'blocked' WHERE id = $1`, id);
    expect((await api.get('/api/v4/user')).status).toBe(401);
  });

  it('finds people by name and shows e-mail addresses to administrators alone', async () => {
    const admin = await stage.local('chief', true);
    const { api } = await stage.local('cy');
    expect((await api.get('/api/v4/users?username=CHIEF')).body).toEqual([
      expect.not.objectContaining({ email: expect.anything() }),
    ]);
    expect((await admin.api.get('/api/v4/users?username=cy')).body).toEqual([
      expect.objectContaining({ is_admin: false }),
    ]);
    const page = await send(admin.api, 'GET', '/api/v4/users?per_page=1');
    expect(page.headers.get('x-next-page')).toBe('2');
    expect(page.headers.get('link')).toContain(`<${stage.url}/api/v4/users?per_page=1&page=2>; rel="next"`);
  });

  describe('personal access tokens', () => {
    it('are shown once, live a year at the most, and cover what their scopes say', async () => {
      const { api } = await stage.local('dev');
      const made = await api.post('/api/v4/user/personal_access_tokens', { name: 'ci', scopes: ['read_api'] });
      expect(made.status).toBe(201);
      const { id, token } = made.body as { id: number; token: string };
      expect(made.body).toMatchObject({
        name: 'ci',
        active: true,
        revoked: false,
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      });
      const reader = new Api(stage.url, token);
      expect((await reader.get('/api/v4/personal_access_tokens/self')).body).toMatchObject({
        id,
        scopes: ['read_api'],
      });
      expect((await reader.get(`/api/v4/personal_access_tokens/${id}`)).body).not.toHaveProperty('token');
      const refused = await reader.post('/api/v4/user/personal_access_tokens', { name: 'more', scopes: ['api'] });
      expect([refused.status, refused.body]).toMatchObject([403, { error: 'insufficient_scope', scope: 'api' }]);

      for (const wrong of [
        { name: 'x', scopes: ['sudo'] },
        { name: 'x', scopes: [] },
        { name: '', scopes: ['api'] },
        { name: 'x', scopes: ['api'], expires_at: '2020-01-01' },
        { name: 'x', scopes: ['api'], expires_at: '2099-01-01' },
        { name: 'x', scopes: ['api'], expires_at: 'soon' },
      ]) {
        expect((await api.post('/api/v4/user/personal_access_tokens', wrong)).status).toBe(400);
      }
      const rotated = await send(api, 'POST', `/api/v4/personal_access_tokens/${id}/rotate`);
      expect(rotated.status).toBe(200);
      expect((await reader.get('/api/v4/user')).status).toBe(401);
    });

    it('of others are there for administrators alone', async () => {
      const admin = await stage.local('boss', true);
      const { api, id } = await stage.local('emp');
      const made = await admin.api.post(`/api/v4/users/${id}/personal_access_tokens`, {
        name: 'for emp',
        scopes: 'api',
      });
      expect(made.status).toBe(201);
      const own = (await admin.api.get('/api/v4/personal_access_tokens/self')).body as { id: number };
      expect((await api.get(`/api/v4/personal_access_tokens/${own.id}`)).status).toBe(404);
      expect((await send(api, 'DELETE', `/api/v4/personal_access_tokens/${own.id}`)).status).toBe(404);
      expect((await api.post('/api/v4/users/1/personal_access_tokens', { name: 'x', scopes: ['api'] })).status).toBe(
        403,
      );
      const listed = (await api.get('/api/v4/personal_access_tokens?user_id=1')).body as { user_id: number }[];
      expect(new Set(listed.map((each) => each.user_id))).toEqual(new Set([id]));
      const all = (await admin.api.get(`/api/v4/personal_access_tokens?user_id=${id}&state=active`)).body;
      expect(all).toHaveLength(2);
    });

    it('note their last use a minute apart at the most', async () => {
      const { api, id } = await stage.local('fin');
      await api.get('/api/v4/user');
      const used = () => stage.row('SELECT last_used_at FROM access_token WHERE user_id = $1', id);
      const first = await used();
      await api.get('/api/v4/user');
      expect(await used()).toEqual(first);
      stage.clock.advance(61_000);
      await api.get('/api/v4/user');
      expect(await used()).not.toEqual(first);
    });
  });

  describe('roles', () => {
    it('follow GitHub’s permission by number, under the cap of the server', async () => {
      const { userId: writer } = await stage.linked('gil');
      const { userId: keeper } = await stage.linked('hana');
      const { userId: reader } = await stage.linked('ivy');
      const { userId: stranger } = await stage.linked('jon');
      const project = await stage.project('roles', { gil: 'write', hana: 'maintain', ivy: 'read' });
      const level = async (userId: number) => {
        const reply = await stage.context.requests.ask(
          'access.github_role',
          { userId, projectId: project.id },
          { timeoutMs: 5000 },
        );
        return reply.level;
      };
      expect(await Promise.all([writer, keeper, reader, stranger].map(level))).toEqual([30, 40, 20, 0]);
      await stage.control.renameUser('gil', 'gil2');
      await stage.control.createUser({ login: 'gil' });
      expect(await level(writer)).toBe(30);

      const { api } = await stage.local('outsider');
      const path = `/api/v4/projects/${encodeURIComponent(project.fullName)}/members`;
      expect((await api.get(path)).status).toBe(404);
    });

    it('are given and taken by Maintainers, never above their own', async () => {
      const project = await stage.project('members');
      const admin = await stage.local('root', true);
      const [max, ned] = [await stage.local('max'), await stage.local('ned')];
      const path = `/api/v4/projects/${project.id}/members`;
      const added = await admin.api.post(path, { user_id: max.id, access_level: 40 });
      expect([added.status, added.body]).toMatchObject([201, { id: max.id, username: 'max', access_level: 40 }]);
      expect((await admin.api.post(path, { user_id: max.id, access_level: 30 })).status).toBe(409);

      expect((await max.api.post(path, { username: 'ned', access_level: 50 })).status).toBe(403);
      expect((await max.api.post(path, { username: 'ned', access_level: 30 })).status).toBe(201);
      const refused = await ned.api.post(path, { user_id: ned.id, access_level: 40 });
      expect([refused.status, JSON.stringify(refused.body)]).toEqual([403, expect.stringContaining('Developer')]);
      expect((await ned.api.get(path)).body).toHaveLength(2);
      expect((await send(max.api, 'PUT', `${path}/${ned.id}`, { access_level: 20 })).body).toMatchObject({
        access_level: 20,
      });
      expect((await max.api.post(path, { user_id: ned.id, access_level: 35 })).status).toBe(400);
      expect((await send(ned.api, 'DELETE', `${path}/${max.id}`)).status).toBe(403);
      expect((await send(ned.api, 'DELETE', `${path}/${ned.id}`)).status).toBe(204);
      expect((await ned.api.get(path)).status).toBe(404);
      expect((await stage.audit()).filter((action) => action === 'role.changed')).toHaveLength(4);
      const told = await stage.rows(
        `SELECT 1 FROM outbox_event WHERE type = 'person.changed' AND payload ->> 'userId' = $1`,
        String(ned.id),
      );
      expect(told).toHaveLength(3);
    });
  });

  it('tells a person what to do next, and an administrator of the App', async () => {
    const admin = await stage.local('ops', true);
    const account = (await admin.api.get('/api/crosstie/v1/account')).body as {
      next: { action: string }[];
      csrf_token: null;
    };
    expect(account.csrf_token).toBeNull();
    expect(account.next.map(({ action }) => action)).toContain('link_github');
    const { userId, identityId, visitor } = await stage.linked('kai');
    await stage.rows(`UPDATE identity SET state = 'needs_reauth' WHERE id = $1`, identityId);
    await stage.rows('UPDATE seat SET released_at = now() WHERE user_id = $1', userId);
    const headers = { cookie: visitor.cookieHeader(stage.url) };
    const own = (await (await fetch(`${stage.url}/api/crosstie/v1/account`, { headers })).json()) as typeof account;
    expect(own.next.map(({ action }) => action)).toEqual(expect.arrayContaining(['sign_in_again', 'ask_for_seat']));
  });

  it('gives the last seat once, however many ask at the same moment', async () => {
    const admin = await stage.local('host', true);
    const people: number[] = [];
    for (let n = 0; n < 12; n++) people.push((await stage.local(`guest${n}`)).id);
    await stage.rows(
      'UPDATE server_setting SET seat_limit = 2 + (SELECT count(*) FROM seat WHERE released_at IS NULL)',
    );
    const answers = await Promise.all(people.map((id) => send(admin.api, 'PUT', `/api/crosstie/v1/seats/${id}`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(10);
    await stage.rows('UPDATE server_setting SET seat_limit = NULL');
  });

  it('exports the seats to administrators, harmless to a spreadsheet', async () => {
    const admin = await stage.local('counter', true);
    const { api } = await stage.local('curious');
    expect((await api.get('/api/crosstie/v1/seats')).status).toBe(403);
    const { userId } = await stage.linked('lee');
    await stage.rows(`UPDATE user_account SET name = '=HYPERLINK("x")' WHERE id = $1`, userId);
    const csv = String((await admin.api.get('/api/crosstie/v1/seats?format=csv')).body);
    expect(csv).toContain(`"'=HYPERLINK(""x"")"`);
    expect((await send(admin.api, 'DELETE', `/api/crosstie/v1/seats/${userId}`)).status).toBe(204);
    expect((await send(admin.api, 'DELETE', `/api/crosstie/v1/seats/${userId}`)).status).toBe(404);
    await stage.rows('UPDATE server_setting SET seat_limit = (SELECT count(*) FROM seat WHERE released_at IS NULL)');
    expect((await send(admin.api, 'PUT', `/api/crosstie/v1/seats/${userId}`)).status).toBe(409);
    await stage.rows('UPDATE server_setting SET seat_limit = NULL');
    expect((await send(admin.api, 'PUT', `/api/crosstie/v1/seats/${userId}`)).status).toBe(200);
  });
});
