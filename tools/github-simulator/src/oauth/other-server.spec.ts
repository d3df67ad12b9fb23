import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from '@octokit/request';

import { signature256 } from '../index.js';
import { Acme } from '../testing/acme.js';
import { HookListener } from '../testing/hook-listener.js';

const callbackUrl = 'http://ci.example.test/authorize';
const repo = { owner: 'acme', repo: 'widget' };

/** How a server that knows no GitHub Apps works: OAuth app, hook of the repository, commit status. */
describe('another CI server, without an App', () => {
  const acme = new Acme();
  const listener = new HookListener();
  let hookUrl = '';
  let client: { clientId: string; clientSecret: string };
  let api: typeof request;
  let token = '';
  let hookId = 0;

  beforeAll(async () => {
    await acme.start();
    hookUrl = await listener.start();
    client = await acme.github.control.createOauthApp({ owner: 'kim', name: 'Other CI', callbackUrl });
  });
  afterAll(async () => {
    await listener.stop();
    await acme.stop();
  });

  async function codeFor(scope: string, redirect = callbackUrl, login = 'kim'): Promise<URL> {
    const url = new URL(`${acme.github.url}/login/oauth/authorize`);
    url.search = new URLSearchParams({
      client_id: client.clientId,
      redirect_uri: redirect,
      response_type: 'code',
      scope,
      state: 'abc',
    }).toString();
    return new URL(await acme.github.control.approve(url.toString(), login));
  }

  async function trade(fields: Record<string, string>, headers: Record<string, string> = {}): Promise<URLSearchParams> {
    const answer = await fetch(`${acme.github.url}/login/oauth/access_token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ grant_type: 'authorization_code', ...fields }),
    });
    expect(answer.status).toBe(200);
    return new URLSearchParams(await answer.text());
  }

  async function tokenOf(login: string, scope: string): Promise<string> {
    const code = (await codeFor(scope, callbackUrl, login)).searchParams.get('code') ?? '';
    const answer = await trade({ client_id: client.clientId, client_secret: client.clientSecret, code });
    return answer.get('access_token') ?? '';
  }

  const asToken = (value: string): typeof request =>
    request.defaults({ baseUrl: acme.github.apiUrl, headers: { authorization: `token ${value}` } });

  const statusOf = (call: Promise<{ status: number }>): Promise<number> =>
    call.then(
      ({ status }) => status,
      (error: { status: number }) => error.status,
    );

  it('gets a token without an end for the scopes that it asked for, each once', async () => {
    const back = await codeFor('repo repo:status user:email read:org');
    expect(`${back.origin}${back.pathname}`).toBe(callbackUrl);
    expect(back.searchParams.get('state')).toBe('abc');
    const answer = await trade({
      client_id: client.clientId,
      client_secret: client.clientSecret,
      code: back.searchParams.get('code') ?? '',
    });
    expect([...answer.keys()].sort()).toEqual(['access_token', 'scope', 'token_type']);
    expect(answer.get('scope')).toBe('read:org,repo,user:email');
    token = answer.get('access_token') ?? '';
    expect(token).toMatch(/^gho_/);
    api = asToken(token);
    await acme.github.control.advanceClock(400 * 86_400_000);
    const user = await api('GET /user');
    expect(user.data.login).toBe('kim');
    expect(user.headers['x-oauth-scopes']).toBe('read:org, repo, user:email');
  });

  it('may name itself in the header, and comes back below its callback address alone', async () => {
    const back = await codeFor('repo', `${callbackUrl}/github`);
    const basic = Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64');
    const code = back.searchParams.get('code') ?? '';
    const wrong = await trade({ client_id: client.clientId, client_secret: 'no', code });
    expect(wrong.get('error')).toBe('incorrect_client_credentials');
    const answer = await trade({ code }, { authorization: `Basic ${basic}` });
    expect(answer.get('access_token')).toMatch(/^gho_/);
    expect((await codeFor('repo', 'http://evil.example.test/authorize')).searchParams.get('error')).toBe(
      'redirect_uri_mismatch',
    );
  });

  it('finds its person, their addresses, organisations and repositories', async () => {
    const orgs = await api('GET /user/orgs');
    const repositories = await api('GET /user/repos', { per_page: 100 });
    const emails = await api('GET /user/emails');
    const membership = await api('GET /user/memberships/orgs/{org}', { org: 'acme' });
    expect(orgs.data.map(({ login }) => login)).toEqual(['acme']);
    expect(repositories.data.map(({ full_name: name }) => name)).toEqual(['acme/widget']);
    expect(emails.data[0]).toMatchObject({ email: acme.kim.email, primary: true, verified: true });
    expect(membership.data).toMatchObject({ role: 'admin', state: 'active' });
    expect(repositories.data[0]?.permissions).toMatchObject({ admin: true, push: true });
  });

  it('makes a hook that is pinged, with its secret told to nobody', async () => {
    const made = await api('POST /repos/{owner}/{repo}/hooks', {
      ...repo,
      name: 'web',
      events: ['push', 'pull_request'],
      config: { url: hookUrl, content_type: 'form', secret: 'hush', insecure_ssl: '0' },
    });
    hookId = made.data.id;
    expect(made.status).toBe(201);
    expect(made.data.config).toEqual({ url: hookUrl, content_type: 'form', secret: '********', insecure_ssl: '0' });
    const [ping] = await listener.of('ping');
    expect(ping?.headers['x-github-hook-installation-target-type']).toBe('repository');
    const again = api('POST /repos/{owner}/{repo}/hooks', {
      ...repo,
      events: ['pull_request', 'push'],
      config: { url: hookUrl },
    });
    await expect(again).rejects.toMatchObject({
      status: 422,
      response: { data: { errors: [{ message: 'Hook already exists on this repository' }] } },
    });
    const listed = await api('GET /repos/{owner}/{repo}/hooks', repo);
    expect(listed.data.map(({ id }) => id)).toEqual([hookId]);
  });

  it('hears of a push as a signed form, and says its verdict on the commit', async () => {
    const { after } = await acme.github.control.push('acme/widget', { pusher: 'kim', files: { 'a.txt': 'a & b=c' } });
    const [push] = await listener.of('push');
    const body = push?.body ?? Buffer.alloc(0);
    expect(push?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(push?.headers['x-hub-signature-256']).toBe(signature256('hush', body));
    const payload = JSON.parse(new URLSearchParams(body.toString()).get('payload') ?? '') as Record<string, unknown>;
    expect(payload).toMatchObject({ ref: 'refs/heads/main', after, sender: { login: 'kim' } });
    expect(payload).not.toHaveProperty('installation');
    for (const state of ['pending', 'success'] as const) {
      await api('POST /repos/{owner}/{repo}/statuses/{sha}', { ...repo, sha: after, state, context: 'other-ci' });
    }
    expect(await acme.github.control.statuses('acme/widget', after)).toMatchObject([
      { state: 'pending', creator: 'kim' },
      { state: 'success', creator: 'kim', context: 'other-ci' },
    ]);
  });

  it('stands beside an App that hears of the same push', async () => {
    await acme.hooks.of('push');
    const sent = await acme.github.control.deliveries({ event: 'push' });
    expect(new Set(sent.map(({ hookId: id }) => id))).toEqual(new Set([hookId, acme.app.hookId]));
    expect(new Set(sent.map(({ app }) => app))).toEqual(new Set(['', 'crosstie']));
  });

  it('reads files and clones with its token as it does with any other', async () => {
    const file = await api('GET /repos/{owner}/{repo}/contents/{path}', { ...repo, path: 'a.txt' });
    expect(file.data).toMatchObject({ type: 'file', path: 'a.txt' });
    for (const [user, password] of [
      [token, 'x-oauth-basic'],
      ['x-access-token', token],
    ] as const) {
      expect((await acme.git(['clone', '-q', acme.cloneUrl(user, password), `as-${user.slice(0, 3)}`])).status).toBe(0);
    }
    const root = await fetch(`${acme.github.url}/repos/acme/widget/hooks`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(root.status).toBe(200);
  });

  it('sees its deliveries, and has one sent again as JSON', async () => {
    const one = { ...repo, hook_id: hookId };
    const listed = await api('GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries', one);
    expect(listed.data.map(({ event }) => event)).toEqual(['push', 'ping']);
    await api('PATCH /repos/{owner}/{repo}/hooks/{hook_id}', {
      ...one,
      config: { url: hookUrl, content_type: 'json', secret: 'newer' },
    });
    listener.clear();
    await api('POST /repos/{owner}/{repo}/hooks/{hook_id}/tests', one);
    const [test] = await listener.of('push');
    expect(test?.headers['content-type']).toBe('application/json');
    expect(test?.headers['x-hub-signature-256']).toBe(signature256('newer', test?.body ?? Buffer.alloc(0)));
    await api('POST /repos/{owner}/{repo}/hooks/{hook_id}/pings', one);
    await listener.of('ping');
    await acme.github.control.settled();
    expect((await api('GET /repos/{owner}/{repo}/hooks/{hook_id}', one)).data.last_response).toMatchObject({
      code: 202,
      status: 'active',
    });
  });

  it('hears nothing from a hook that it took away', async () => {
    await api('DELETE /repos/{owner}/{repo}/hooks/{hook_id}', { ...repo, hook_id: hookId });
    listener.clear();
    await acme.github.control.push('acme/widget', { pusher: 'kim', files: { 'b.txt': 'b' } });
    await acme.github.control.settled();
    expect(listener.arrived).toEqual([]);
    expect(await statusOf(api('GET /repos/{owner}/{repo}/hooks/{hook_id}', { ...repo, hook_id: hookId }))).toBe(404);
  });

  it('can do what scopes and person both allow, and is not told of the rest', async () => {
    const { control } = acme.github;
    await control.createUser({ login: 'dana' });
    await control.addCollaborator('acme/widget', 'dana', 'write');
    const dana = asToken(await tokenOf('dana', 'repo'));
    expect(await statusOf(dana('GET /repos/{owner}/{repo}/hooks', repo))).toBe(404);
    expect(await statusOf(dana('GET /repos/{owner}/{repo}', repo))).toBe(200);
    const hooks = asToken(await tokenOf('kim', 'admin:repo_hook'));
    expect(await statusOf(hooks('GET /repos/{owner}/{repo}/hooks', repo))).toBe(200);
    expect(await statusOf(hooks('GET /repos/{owner}/{repo}', repo))).toBe(404);
    const none = asToken(await tokenOf('kim', ''));
    expect(await statusOf(none('GET /user'))).toBe(200);
    expect(await statusOf(none('GET /user/emails'))).toBe(404);
    expect((await none('GET /user/repos')).data).toEqual([]);
    const { after } = await control.push('acme/widget', { pusher: 'kim', files: { 'c.txt': 'c' }, deliver: false });
    const verdict = { ...repo, sha: after, state: 'success' as const };
    const statuses = asToken(await tokenOf('kim', 'repo:status'));
    expect(await statusOf(statuses('POST /repos/{owner}/{repo}/statuses/{sha}', verdict))).toBe(201);
    expect(await statusOf(hooks('POST /repos/{owner}/{repo}/statuses/{sha}', verdict))).toBe(404);
  });

  it('has its token looked at, renewed and ended with its client id and secret', async () => {
    const basic = Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64');
    const asClient = request.defaults({
      baseUrl: acme.github.apiUrl,
      headers: { authorization: `Basic ${basic}` },
    });
    const own = { client_id: client.clientId };
    const seen = await asClient('POST /applications/{client_id}/token', { ...own, access_token: token });
    expect(seen.data).toMatchObject({ scopes: ['read:org', 'repo', 'user:email'], expires_at: null });
    const renewed = await asClient('PATCH /applications/{client_id}/token', { ...own, access_token: token });
    expect(await statusOf(api('GET /user'))).toBe(401);
    await asClient('DELETE /applications/{client_id}/grant', { ...own, access_token: renewed.data.token });
    expect(await statusOf(asToken(renewed.data.token)('GET /user'))).toBe(401);
  });

  it('never met an answer that GitHub’s description does not allow', async () => {
    const violations = await acme.github.control.contractViolations();
    expect(violations.filter(({ side }) => side === 'answer')).toEqual([]);
    const kinds = (await acme.github.control.secrets()).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['oauth_token', 'webhook_secret']));
  });
});
