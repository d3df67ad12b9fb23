import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type LinkerStage, startLinkerStage } from '../testing/linker-stage.js';

interface Named {
  id: number;
  username: string;
  name: string;
}

/** What GitLab's clients for Python and JavaScript send, and what they read of the answers. */
describe('people for clients of GitLab', () => {
  let stage: LinkerStage;
  let admin: { id: number; token: string };
  beforeAll(async () => {
    stage = await startLinkerStage();
    admin = await stage.local('root', true);
    for (const username of ['ada', 'adam', 'bo']) await stage.local(username);
  });
  afterAll(() => stage.stop());

  const ask = async (method: string, path: string, init: RequestInit = {}) => {
    const headers = { 'private-token': admin.token, ...(init.headers as Record<string, string> | undefined) };
    const answer = await fetch(`${stage.url}/api/v4${path}`, { ...init, method, headers });
    const text = await answer.text();
    const body = answer.headers.get('content-type')?.includes('json') ? (JSON.parse(text) as unknown) : text;
    return { status: answer.status, headers: answer.headers, body };
  };
  const json = (body: unknown): RequestInit => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const project = async (): Promise<number> => {
    const [installation] = await stage.rows<{ id: number }>(
      `INSERT INTO installation (host, github_installation_id, account_id, account_login, account_type)
       VALUES ('github.test', 1, 1, 'acme', 'Organization') RETURNING id`,
    );
    const [row] = await stage.rows<{ id: number }>(
      `INSERT INTO project (host, github_repository_id, installation_id, full_name, default_branch)
       VALUES ('github.test', 1, $1, 'acme/wid.get', 'main') RETURNING id`,
      installation?.id,
    );
    return row?.id ?? 0;
  };

  it.each(['/users', '/personal_access_tokens'])('%s says how many there are, and how many pages', async (path) => {
    const { headers, body } = await ask('GET', `${path}?per_page=1&page=2`);
    expect(body).toHaveLength(1);
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-total': '4',
      'x-total-pages': '4',
      'x-next-page': '3',
      'x-prev-page': '1',
    });
    const links = [1, 3, 1, 4].map((page) => `<${stage.url}/api/v4${path}?per_page=1&page=${page}>`);
    expect(headers.get('link')).toBe(
      `${links[0]}; rel="prev", ${links[1]}; rel="next", ${links[2]}; rel="first", ${links[3]}; rel="last"`,
    );
  });

  it('does not repeat a token of the query in the links', async () => {
    const answer = await fetch(`${stage.url}/api/v4/users?private_token=${admin.token}&per_page=1`);
    expect(answer.headers.get('link')).toMatch(/rel="next"/);
    expect(answer.headers.get('link')).not.toContain(admin.token);
  });

  it('finds people and tokens by a part of the name', async () => {
    const people = async (query: string) =>
      ((await ask('GET', `/users?${query}`)).body as Named[]).map(({ username }) => username);
    expect(await people('search=ADA')).toEqual(['ada', 'adam']);
    expect(await people('search=100%25')).toEqual([]);
    expect(await people('username=ADA')).toEqual(['ada']);
    await ask('POST', '/user/personal_access_tokens', json({ name: 'for the mirror', scopes: ['read_api'] }));
    const tokens = (await ask('GET', '/personal_access_tokens?search=Mirror')).body as Named[];
    expect(tokens.map(({ name }) => name)).toEqual(['for the mirror']);
  });

  it.each(['/users/x', '/users/999999999999999999999', '/personal_access_tokens/1e3'])(
    '%s is not found',
    async (path) => {
      expect((await ask('GET', path)).status).toBe(404);
    },
  );

  it.each(['/users?username=a%00', '/users?search=%00', '/personal_access_tokens?user_id=1e300'])(
    '%s is a bad request',
    async (path) => {
      expect((await ask('GET', path)).status).toBe(400);
    },
  );

  it('answers 304 to who has the answer already', async () => {
    const etag = (await ask('GET', '/user')).headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    expect((await ask('GET', '/user', { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('makes a token from a form, from multipart and from the query alone', async () => {
    const form = new FormData();
    form.set('name', 'by multipart');
    form.append('scopes[]', 'read_api');
    const made = await Promise.all([
      ask('POST', '/user/personal_access_tokens', { body: form }),
      ask('POST', '/user/personal_access_tokens', { body: new URLSearchParams({ name: 'x', scopes: 'read_api' }) }),
      ask('POST', '/user/personal_access_tokens?name=x&scopes[]=read_api&scopes[]=read_user'),
      ask('POST', '/user/personal_access_tokens?name=x&scopes=read_api', {
        headers: { 'content-type': 'application/json' },
      }),
    ]);
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(made[2]?.body).toMatchObject({ scopes: ['read_api', 'read_user'], expires_at: expect.any(String) });
  });

  it('rotates the token that asks', async () => {
    const made = await ask('POST', '/user/personal_access_tokens', json({ name: 'turning', scopes: ['api'] }));
    const old = (made.body as { token: string }).token;
    const rotate = () =>
      fetch(`${stage.url}/api/v4/personal_access_tokens/self/rotate`, {
        method: 'POST',
        headers: { 'private-token': old },
      });
    const rotated = await rotate();
    expect([rotated.status, await rotated.json()]).toMatchObject([200, { name: 'turning', token: expect.any(String) }]);
    expect((await rotate()).status).toBe(401);
  });

  it('takes members as clients give them, and refuses an end that it would not keep', async () => {
    await project();
    const members = '/projects/acme%2Fwid%2Eget/members';
    const [bo] = (await ask('GET', '/users?username=bo')).body as Named[];
    const ending = await ask('POST', members, json({ user_id: bo?.id, access_level: 30, expires_at: '2027-01-01' }));
    expect([ending.status, ending.body]).toEqual([400, { error: 'expires_at does not have a valid value' }]);
    const added = await ask('POST', `${members}?user_id=${bo?.id}&access_level=30`);
    expect([added.status, added.body]).toMatchObject([201, { id: bo?.id, access_level: 30, expires_at: null }]);
    expect((await ask('POST', members, json({ user_id: bo?.id, access_level: 30, expires_at: '' }))).status).toBe(409);
    const found = await ask('GET', `${members}/all?query=BO`);
    expect([found.body, found.headers.get('x-total')]).toMatchObject([[{ username: 'bo' }], '1']);
    expect((await ask('GET', `${members}?query=nobody`)).body).toEqual([]);
    expect((await ask('DELETE', `${members}/${bo?.id}`, json({}))).status).toBe(204);
  });
});
