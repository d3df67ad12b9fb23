import { request } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { ApiJob } from './api-job.js';
import type { ApiPipelineBasic } from './api-pipeline.js';
import { ApiHouse, type Asker } from './testing/api-house.js';

/** Requests as python-gitlab, gitbeaker and glab put them on the wire, and what these read of the answers. */
describe('the REST API for clients of GitLab', () => {
  let house: ApiHouse;
  let project: number;
  let dana: Asker;
  const pipelines: number[] = [];
  const at = (path: string) => `/api/v4/projects/acme%2Fwid%2Eget${path}`;

  beforeAll(async () => {
    house = await ApiHouse.start();
    project = await house.project('acme/wid.get');
    dana = await house.person({ [project]: 30 });
    for (let i = 0; i < 3; i += 1) pipelines.push(await house.pipeline(project));
    for (let i = 0; i < 5; i += 1) await house.job(pipelines[0] ?? 0);
  });
  afterAll(() => house.stop());

  const raw = (path: string, init: RequestInit = {}) => fetch(`${house.url}${path}`, { redirect: 'manual', ...init });

  it('takes the token as header, as Bearer in any case, and in the query', async () => {
    const { token } = dana;
    const ways: [string, Record<string, string>][] = [
      ['', { 'PRIVATE-TOKEN': token }],
      ['', { Authorization: `Bearer ${token}` }],
      ['', { authorization: `bearer ${token}` }],
      [`?private_token=${token}`, {}],
      [`?access_token=${token}`, {}],
    ];
    for (const [query, headers] of ways) expect((await raw(at(query), { headers })).status).toBe(200);
    expect((await raw(at(''), { headers: { 'JOB-TOKEN': 'nothing' } })).status).toBe(401);
  });

  // client-go, go-gitlab, gitbeaker and python-gitlab all follow `next` of Link until there is none.
  it('leads through all pages by Link alone, without the token that came in the query', async () => {
    const seen: number[] = [];
    let next: string | undefined = at(
      `/jobs?pagination=keyset&per_page=2&order_by=id&sort=desc&private_token=${dana.token}`,
    );
    while (next !== undefined) {
      const answer = await raw(next, { headers: { 'private-token': dana.token } });
      const link = answer.headers.get('link') ?? '';
      expect(link).not.toContain(dana.token);
      seen.push(...((await answer.json()) as ApiJob[]).map(({ id }) => id));
      const address = /<([^>]+)>; rel="next"/.exec(link)?.[1];
      const url = address === undefined ? null : new URL(address);
      expect(url?.origin ?? house.context.config.url).toBe(new URL(house.context.config.url).origin);
      next = url === null ? undefined : `${url.pathname}${url.search}`;
    }
    expect(seen).toHaveLength(5);
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  });

  it('gives headers that fit into what Node takes, however long the address', async () => {
    const long = await dana.get(at(`/pipelines?per_page=1&x=${'%25'.repeat(1_500)}`));
    expect([long.status, long.headers.get('link')?.match(/rel="\w+"/g)]).toEqual([200, ['rel="next"']]);
    const longer = await dana.get(at(`/pipelines?x=${'x'.repeat(9_000)}`));
    expect([longer.status, longer.json()]).toEqual([414, { message: '414 URI Too Long' }]);
  });

  it('answers HEAD like GET, without a body', async () => {
    const answer = await raw(at('/pipelines'), { method: 'HEAD', headers: { 'private-token': dana.token } });
    expect([answer.status, answer.headers.get('x-total'), await answer.text()]).toEqual([200, '3', '']);
  });

  it('takes an empty POST with a content type, with `{}`, with `null` and with none', async () => {
    const path = at(`/pipelines/${pipelines[0]}/cancel`);
    for (const body of [undefined, '', '{}', 'null']) {
      const headers = { 'private-token': dana.token, 'content-type': 'application/json' };
      expect((await raw(path, { method: 'POST', headers, body })).status).toBe(200);
    }
    expect((await raw(path, { method: 'POST', headers: { 'private-token': dana.token } })).status).toBe(200);
  });

  it('takes a GET that carries a body', async () => {
    const status = await new Promise<number | undefined>((done, failed) => {
      const headers = { 'private-token': dana.token, 'content-type': 'application/json', 'content-length': '2' };
      const sent = request(`${house.url}${at('')}`, { headers }, (answer) => done(answer.resume().statusCode));
      sent.on('error', failed).end('{}');
    });
    expect(status).toBe(200);
  });

  it.each([
    '/pipelines?ref=a%00b',
    '/pipelines?username=%00',
    '/pipelines?updated_after=-200000-01-01T00:00:00Z',
    '/pipelines?updated_before=%2B275760-09-13T00:00:00Z',
    '/repository/commits/%00',
  ])('%s is a bad request, not a fault', async (path) => {
    const answer = await dana.get(at(path));
    expect([answer.status, Object.keys(answer.json<object>())]).toEqual([400, ['error']]);
  });

  it('tells its version to a token that may read its person only, and to nobody else', async () => {
    const narrow = await house.person({}, { scopes: ['read_user'] });
    for (const path of ['version', 'metadata']) {
      expect((await narrow.get(`/api/v4/${path}`)).json()).toMatchObject({ version: expect.stringMatching(/^18\./) });
      expect((await raw(`/api/v4/${path}`)).status).toBe(401);
    }
  });

  it('answers a slash at the end with 404 and never with another address', async () => {
    for (const path of [at('/pipelines/'), at(`/pipelines/${pipelines[0]}/cancel/`)]) {
      const answer = await dana.post(path);
      expect([answer.status, answer.headers.get('location')]).toEqual([404, null]);
    }
  });

  it('gives a log as plain text, and an empty one where there is none yet', async () => {
    const job = await house.job(pipelines[1] ?? 0, { status: 'pending' });
    const answer = await dana.get(at(`/jobs/${job}/trace`));
    expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([
      200,
      '',
      'text/plain; charset=utf-8',
    ]);
  });

  it('lists with the filters that glab and python-gitlab send', async () => {
    for (const query of [
      'order_by=id&page=1&per_page=30&sort=desc',
      'yaml_errors=False&scope=finished',
      'status=success',
    ]) {
      expect((await dana.get(at(`/pipelines?${query}`))).json<ApiPipelineBasic[]>()).toHaveLength(3);
    }
    const projects = 'license=true&statistics=true&with_custom_attributes=true';
    expect((await dana.get(at(`?${projects}`))).status).toBe(200);
    const listed = await dana.get('/api/v4/projects?owned=False&membership=True&simple=true&order_by=last_activity_at');
    expect([listed.status, listed.headers.get('x-total')]).toEqual([200, '1']);
    expect((await dana.get('/api/v4/projects?order_by=similarity&search=wid')).json()).toHaveLength(1);
  });

  // glab 1.40 ends in a panic where it is null, and so does its view of a job.
  it('has an object for the person of a pipeline that ran as nobody', async () => {
    const refused = await house.pipeline(project, {
      ref: 'refused',
      status: 'failed',
      failure_reason: 'sender_not_linked',
    });
    for (const path of [`/pipelines/${refused}`, '/pipelines/latest?ref=refused']) {
      expect((await dana.get(at(path))).json()).toMatchObject({ id: refused, user: {} });
    }
    const job = await house.job(refused, { status: 'created' });
    expect((await dana.get(at(`/jobs/${job}`))).json()).toMatchObject({
      user: {},
      commit: {},
      pipeline: {},
      project: {},
    });
  });
});
