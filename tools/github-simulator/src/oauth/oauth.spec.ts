import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Acme, callbackUrl } from '../testing/acme.js';

const hourMs = 3_600_000;

describe('signing in over OAuth', () => {
  const acme = new Acme();
  beforeAll(() => acme.start());
  afterAll(() => acme.stop());

  const authorize = (query: Record<string, string>): Promise<Response> =>
    fetch(`${acme.github.url}/login/oauth/authorize?${new URLSearchParams(query).toString()}`, { redirect: 'manual' });

  it('gives an access token for 8 hours and a refresh token', async () => {
    const answer = await acme.signIn('kim');
    expect(answer).toMatchObject({
      access_token: expect.stringMatching(/^ghu_[A-Za-z0-9]{36}$/),
      expires_in: 28_800,
      refresh_token: expect.stringMatching(/^ghr_/),
      refresh_token_expires_in: expect.any(Number),
      token_type: 'bearer',
      scope: '',
    });
    const me = await acme.ask('/user', `Bearer ${String(answer['access_token'])}`);
    expect(me.body).toMatchObject({ login: 'kim', id: acme.kim.id });
  });

  it('echoes the state and sends nobody to an address that is not registered', async () => {
    const good = await authorize({
      client_id: acme.app.clientId,
      redirect_uri: callbackUrl,
      state: 'abc',
      login_as: 'kim',
    });
    expect(new URL(good.headers.get('location') ?? '').searchParams.get('state')).toBe('abc');
    const query = { client_id: acme.app.clientId, redirect_uri: `${callbackUrl}/evil`, state: 'abc', login_as: 'kim' };
    const bad = new URL((await authorize(query)).headers.get('location') ?? '');
    expect(bad.href.startsWith(`${callbackUrl}?`)).toBe(true);
    expect(bad.searchParams.get('error')).toBe('redirect_uri_mismatch');
    expect(bad.searchParams.get('code')).toBeNull();
  });

  it('asks who one is, lets a person agree, and remembers it', async () => {
    await acme.github.control.switches({ autoApprove: false });
    const jo = await acme.github.control.createUser({ login: 'jo' });
    const query = { client_id: acme.app.clientId, redirect_uri: callbackUrl, login_as: 'jo' };
    expect((await authorize(query)).headers.get('location')).toMatch(/^\/login\?return_to=/);
    const signedIn = await fetch(`${acme.github.url}/login`, {
      method: 'POST',
      body: new URLSearchParams({ login: 'jo', return_to: '/back' }),
      redirect: 'manual',
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const url = `${acme.github.url}/login/oauth/authorize`;
    const page = await fetch(`${url}?client_id=${acme.app.clientId}`, { headers: { cookie } });
    expect(await page.text()).toContain('Authorize Crosstie');
    const body = new URLSearchParams({ client_id: acme.app.clientId });
    const agreed = await fetch(url, { method: 'POST', headers: { cookie }, body, redirect: 'manual' });
    expect(agreed.headers.get('location')).toMatch(/^http:\/\/localhost:8080\/auth\/callback\?code=/);
    const again = await fetch(`${url}?client_id=${acme.app.clientId}`, { headers: { cookie }, redirect: 'manual' });
    expect(again.status).toBe(302);
    expect(jo.id).toBeGreaterThan(0);
    await acme.github.control.switches({ autoApprove: true });
  });

  it('takes a code once, in time, with its verifier; errors come with status 200', async () => {
    const query = {
      client_id: acme.app.clientId,
      redirect_uri: callbackUrl,
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    };
    const code = async (): Promise<string> => {
      const url = `${acme.github.url}/login/oauth/authorize?${new URLSearchParams(query).toString()}`;
      return new URL(await acme.github.control.approve(url, 'kim')).searchParams.get('code') ?? '';
    };
    expect(await acme.trade({ code: await code(), code_verifier: 'wrong' })).toMatchObject({
      error: 'bad_verification_code',
    });
    expect(await acme.trade({ code: 'nothing' })).toMatchObject({ error: 'bad_verification_code' });
    expect(await acme.trade({ code: await code(), client_secret: 'no' })).toMatchObject({
      error: 'incorrect_client_credentials',
    });
    expect(await acme.trade({ grant_type: 'password' })).toMatchObject({ error: 'unsupported_grant_type' });
    const used = await code();
    await acme.trade({ code: used, code_verifier: 'wrong' });
    expect(await acme.trade({ code: used, code_verifier: 'wrong' })).toMatchObject({ error: 'bad_verification_code' });
    const plain = await authorize({ ...query, code_challenge_method: 'plain', login_as: 'kim' });
    expect(plain.headers.get('location')).toContain('error=invalid_request');
  });

  it('answers as a form when JSON is not asked for, and reads JSON bodies', async () => {
    const url = `${acme.github.url}/login/oauth/access_token`;
    const body = JSON.stringify({ client_id: acme.app.clientId, client_secret: acme.app.clientSecret, code: 'x' });
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('error=bad_verification_code');
  });

  it('narrows to `repository_id` if it can, and says nothing if it cannot', async () => {
    const { control } = acme.github;
    const other = await control.createRepository({ owner: 'kim', name: 'own' });
    const narrowed = await acme.signIn('kim', { repository_id: String(acme.widgetId) });
    const ignored = await acme.signIn('kim', { repository_id: String(other.id) });
    const second = await control.createRepository({ owner: 'acme', name: 'second' });
    const reads = async (token: unknown, id: number): Promise<number> =>
      (await acme.ask(`/repositories/${id}`, `Bearer ${String(token)}`)).status;
    expect(await reads(narrowed['access_token'], acme.widgetId)).toBe(200);
    expect(await reads(narrowed['access_token'], second.id)).toBe(404);
    expect(await reads(ignored['access_token'], second.id)).toBe(200);
  });

  it('limits OAuth requests of an hour', async () => {
    await acme.github.control.rateLimit(`oauth:${acme.app.id}`, 0);
    const body = new URLSearchParams({ client_id: acme.app.clientId });
    expect((await fetch(`${acme.github.url}/login/oauth/access_token`, { method: 'POST', body })).status).toBe(429);
    await acme.github.control.rateLimit(`oauth:${acme.app.id}`, 2000);
  });
});

describe('user tokens over time', () => {
  let acme: Acme;
  beforeEach(async () => {
    await acme?.stop();
    acme = new Acme();
    await acme.start();
  });
  afterAll(() => acme.stop());

  it('using a refresh token ends it and the access token issued with it', async () => {
    const first = await acme.signIn('kim');
    const second = await acme.refresh(first['refresh_token']);
    expect(await acme.works(first['access_token'])).toBe(false);
    expect(await acme.works(second['access_token'])).toBe(true);
    expect(await acme.refresh(first['refresh_token'])).toMatchObject({ error: 'bad_refresh_token' });
    expect(await acme.works(second['access_token'])).toBe(true);
  });

  it('with a grace, a used refresh token gives the same pair again', async () => {
    await acme.github.control.switches({ refreshGraceMs: 10_000 });
    const first = await acme.signIn('kim');
    const second = await acme.refresh(first['refresh_token']);
    expect(await acme.refresh(first['refresh_token'])).toEqual(second);
    await acme.github.control.advanceClock(11_000);
    expect(await acme.refresh(first['refresh_token'])).toMatchObject({ error: 'bad_refresh_token' });
  });

  it('with the switch, showing a used refresh token ends the chain', async () => {
    await acme.github.control.switches({ refreshReuseEndsChain: true });
    const first = await acme.signIn('kim');
    const second = await acme.refresh(first['refresh_token']);
    await acme.refresh(first['refresh_token']);
    expect(await acme.works(second['access_token'])).toBe(false);
  });

  it('an access token ends after 8 hours, a refresh token after six months', async () => {
    const first = await acme.signIn('kim');
    await acme.github.control.advanceClock(8 * hourMs);
    expect(await acme.works(first['access_token'])).toBe(false);
    const second = await acme.refresh(first['refresh_token']);
    expect(await acme.works(second['access_token'])).toBe(true);
    await acme.github.control.advanceClock(185 * 24 * hourMs);
    expect(await acme.refresh(second['refresh_token'])).toMatchObject({ error: 'bad_refresh_token' });
  });

  it('the eleventh live token ends the oldest, unless the switch is off', async () => {
    const first = await acme.signIn('kim');
    for (let n = 0; n < 9; n += 1) await acme.signIn('kim');
    expect(await acme.works(first['access_token'])).toBe(true);
    await acme.signIn('kim');
    expect(await acme.works(first['access_token'])).toBe(false);
    await acme.github.control.switches({ userTokenLimit: null });
    const later = await acme.signIn('kim');
    for (let n = 0; n < 12; n += 1) await acme.signIn('kim');
    expect(await acme.works(later['access_token'])).toBe(true);
  });

  it('tokens of an App without expiry come alone and stay', async () => {
    await acme.github.control.changeApp('crosstie', { expireUserTokens: false });
    const answer = await acme.signIn('kim');
    expect(Object.keys(answer).sort()).toEqual(['access_token', 'scope', 'token_type']);
    await acme.github.control.advanceClock(400 * 24 * hourMs);
    expect(await acme.works(answer['access_token'])).toBe(true);
  });

  const scoped = (token: unknown, more: Record<string, unknown> = {}): ReturnType<Acme['asClient']> =>
    acme.asClient(`/applications/${acme.app.clientId}/token/scoped`, {
      json: {
        access_token: token,
        target: 'acme',
        repository_ids: [acme.widgetId],
        permissions: { contents: 'read' },
        ...more,
      },
    });

  it('a narrowed token reaches its repository with its permission and says so', async () => {
    const parent = await acme.signIn('kim');
    await acme.github.control.createRepository({ owner: 'acme', name: 'second', files: { a: 'a' } });
    const answer = await scoped(parent['access_token']);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      installation: { permissions: { contents: 'read', metadata: 'read' }, repository_selection: 'selected' },
      user: { login: 'kim' },
    });
    const token = `Bearer ${String(answer.body['token'])}`;
    expect((await acme.ask('/repos/acme/widget/contents/docs', token)).status).toBe(200);
    expect((await acme.ask('/repos/acme/second', token)).status).toBe(404);
    const [ref] = Object.values(await acme.github.control.refs('acme/widget'));
    const status = await acme.ask(`/repos/acme/widget/statuses/${ref}`, token, { json: { state: 'success' } });
    expect(status.status).toBe(403);
    expect((await acme.git(['ls-remote', acme.cloneUrl('x-access-token', String(answer.body['token']))])).status).toBe(
      0,
    );
    expect((await scoped(answer.body['token'])).status).toBe(422);
    expect((await scoped('ghu_wrong')).status).toBe(404);
    expect((await scoped(parent['access_token'], { permissions: { contents: 'write' } })).status).toBe(422);
    expect((await scoped(parent['access_token'], { target: undefined })).status).toBe(422);
    expect((await scoped(parent['access_token'], { repositories: ['widget'] })).status).toBe(422);
  });

  it('narrowed tokens end with their parent, or live on with the switch off', async () => {
    for (const survives of [false, true]) {
      await acme.github.control.switches({ narrowedDieWithParent: !survives });
      const parent = await acme.signIn('kim');
      const narrowed = (await scoped(parent['access_token'])).body['token'];
      await acme.refresh(parent['refresh_token']);
      expect(await acme.works(narrowed)).toBe(survives);
    }
  });

  it('narrowed tokens end when their parent would, or after 8 hours of their own', async () => {
    const parent = await acme.signIn('kim');
    await acme.github.control.advanceClock(5 * hourMs);
    const lifetime = async (): Promise<number> => {
      const { body } = await scoped(parent['access_token']);
      return (Date.parse(String(body['expires_at'])) - (await acme.github.control.now())) / hourMs;
    };
    expect(await lifetime()).toBeCloseTo(3, 1);
    await acme.github.control.switches({ narrowedExpireWithParent: false });
    expect(await lifetime()).toBeCloseTo(8, 1);
  });

  it('narrowed tokens count towards the limit of ten and end their own parent', async () => {
    const parent = await acme.signIn('kim');
    for (let n = 0; n < 10; n += 1) await scoped(parent['access_token']);
    expect(await acme.works(parent['access_token'])).toBe(false);
    await acme.github.control.switches({ narrowedCountTowardsLimit: false });
    const other = await acme.signIn('kim');
    for (let n = 0; n < 12; n += 1) await scoped(other['access_token']);
    expect(await acme.works(other['access_token'])).toBe(true);
  });

  it('can be told to give a wider token than was asked for', async () => {
    await acme.github.control.widenTokens('scoped');
    const parent = await acme.signIn('kim');
    const wide = await scoped(parent['access_token']);
    expect(wide.body['installation']).toMatchObject({
      repository_selection: 'all',
      permissions: { statuses: 'write' },
    });
    expect((await scoped(parent['access_token'])).body['installation']).toMatchObject({
      repository_selection: 'selected',
    });
  });

  it('can be checked, reset and revoked by the App', async () => {
    const { access_token: token, refresh_token: refreshToken } = await acme.signIn('kim');
    const path = `/applications/${acme.app.clientId}/token`;
    const checked = await acme.asClient(path, { json: { access_token: token } });
    expect(checked.body).toMatchObject({ token, user: { login: 'kim' }, scopes: [] });
    const reset = await acme.asClient(path, { method: 'PATCH', json: { access_token: token } });
    expect(await acme.works(token)).toBe(false);
    expect(await acme.works(reset.body['token'])).toBe(true);
    expect(await acme.refresh(refreshToken)).toMatchObject({ error: 'bad_refresh_token' });
    expect((await acme.asClient(path, { method: 'DELETE', json: { access_token: reset.body['token'] } })).status).toBe(
      204,
    );
    expect(await acme.works(reset.body['token'])).toBe(false);
    expect((await acme.asClient(path, { json: { access_token: token } })).status).toBe(404);
    const stranger = await acme.ask(path, 'Basic eDp5', { json: { access_token: token } });
    expect(stranger.status).toBe(401);
  });

  it('after a reset the refresh token goes on with the switch off', async () => {
    await acme.github.control.switches({ resetEndsRefreshToken: false });
    const { access_token: token, refresh_token: refreshToken } = await acme.signIn('kim');
    const path = `/applications/${acme.app.clientId}/token`;
    const reset = await acme.asClient(path, { method: 'PATCH', json: { access_token: token } });
    const next = await acme.refresh(refreshToken);
    expect(await acme.works(reset.body['token'])).toBe(false);
    expect(await acme.works(next['access_token'])).toBe(true);
  });

  it('narrowing draws on the OAuth requests of an hour, unless the switch is off', async () => {
    const parent = await acme.signIn('kim');
    await acme.github.control.rateLimit(`oauth:${acme.app.id}`, 0);
    expect((await scoped(parent['access_token'])).status).toBe(403);
    await acme.github.control.switches({ narrowingCountsAsOauth: false });
    expect((await scoped(parent['access_token'])).status).toBe(200);
  });

  it('removing the grant ends every token of the person and tells the App', async () => {
    const one = await acme.signIn('kim');
    const two = await acme.signIn('kim');
    const path = `/applications/${acme.app.clientId}/grant`;
    expect((await acme.asClient(path, { method: 'DELETE', json: { access_token: one['access_token'] } })).status).toBe(
      204,
    );
    expect(await acme.works(two['access_token'])).toBe(false);
    expect(await acme.refresh(two['refresh_token'])).toMatchObject({ error: 'bad_refresh_token' });
    expect(await acme.hooks.last('github_app_authorization')).toMatchObject({
      action: 'revoked',
      sender: { id: acme.kim.id },
    });
  });

  it('ends all the same when the person revokes in the settings', async () => {
    const { access_token: token } = await acme.signIn('kim');
    await acme.github.control.revokeAuthorization('kim', 'crosstie');
    const answer = await acme.ask('/user', `Bearer ${String(token)}`);
    expect(answer).toMatchObject({ status: 401, body: { message: 'Bad credentials' } });
    await acme.hooks.of('github_app_authorization');
    expect(await acme.github.control.contractViolations()).toEqual([]);
  });
});
