import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Acme, appJwt } from '../testing/acme.js';

const nowS = (): number => Math.floor(Date.now() / 1000);

describe('an App with its JWT', () => {
  const acme = new Acme();
  beforeAll(() => acme.start());
  afterAll(() => acme.stop());

  const asked = async (jwt: string): Promise<[number, unknown]> => {
    const answer = await acme.ask('/app', `Bearer ${jwt}`);
    return [answer.status, answer.body['message']];
  };

  it('is known by its id or its client id', async () => {
    expect((await acme.asApp('/app')).body).toMatchObject({
      slug: 'crosstie',
      id: acme.app.id,
      owner: { login: 'acme' },
    });
    expect((await asked(appJwt(acme.app, { iss: acme.app.clientId })))[0]).toBe(200);
    expect((await asked(appJwt(acme.app, { iss: acme.app.id })))[0]).toBe(200);
  });

  it('is refused when the times or the signature are wrong', async () => {
    expect(await asked(appJwt(acme.app, { exp: nowS() + 700 }))).toEqual([
      401,
      expect.stringContaining('too far in the future'),
    ]);
    expect(await asked(appJwt(acme.app, { exp: nowS() - 60 }))).toEqual([401, expect.stringContaining("('exp')")]);
    expect(await asked(appJwt(acme.app, { iat: nowS() + 120 }))).toEqual([401, expect.stringContaining("('iat')")]);
    expect(await asked(appJwt(acme.app, { alg: 'HS256' }))).toEqual([
      401,
      expect.stringContaining('could not be decoded'),
    ]);
    expect((await asked(appJwt(acme.app, { iss: '1' })))[0]).toBe(404);
    const other = await acme.github.control.createApp({ owner: 'acme', name: 'Other' });
    expect((await asked(appJwt({ ...acme.app, privateKey: other.privateKey })))[0]).toBe(401);
    expect((await asked(await acme.installationToken()))[0]).toBe(401);
  });

  it('tells the simulated time in its answers, for clients that correct their clock', async () => {
    await acme.github.control.advanceClock(120_000);
    const answer = await acme.asApp('/app');
    expect(Date.parse(answer.headers.get('date') ?? '') - Date.now()).toBeGreaterThan(100_000);
    await acme.github.control.advanceClock(-120_000);
  });

  it('gets installation tokens of the 2026 form, narrowed as asked', async () => {
    const path = `/app/installations/${acme.installationId}/access_tokens`;
    const answer = await acme.asApp(path, {
      json: { repository_ids: [acme.widgetId], permissions: { contents: 'read' } },
    });
    const token = String(answer.body['token']);
    expect(token).toMatch(new RegExp(`^ghs_${acme.app.id}_[A-Za-z0-9_.-]+$`));
    expect(token.length).toBeGreaterThan(480);
    expect(answer.body).toMatchObject({
      permissions: { contents: 'read', metadata: 'read' },
      repository_selection: 'selected',
      repositories: [{ id: acme.widgetId }],
    });
    const reached = await acme.ask('/installation/repositories', `Bearer ${token}`);
    expect(reached.body).toMatchObject({ total_count: 1, repositories: [{ name: 'widget' }] });
    expect((await acme.asApp(path, { json: { permissions: { contents: 'write' } } })).status).toBe(422);
    expect((await acme.asApp(path, { json: { repository_ids: [1] } })).status).toBe(422);
    expect((await acme.asApp(path, { json: { repositories: ['nothing'] } })).status).toBe(422);
    const many = Array.from({ length: 501 }, () => acme.widgetId);
    expect((await acme.asApp(path, { json: { repository_ids: many } })).status).toBe(422);
    expect((await acme.asApp('/app/installations/1/access_tokens', { json: {} })).status).toBe(404);
  });

  it('its tokens end after an hour, or when revoked: at once or only later', async () => {
    const token = await acme.installationToken();
    const reads = async (value: string): Promise<number> =>
      (await acme.ask('/installation/repositories', `Bearer ${value}`)).status;
    expect((await acme.ask('/installation/token', `Bearer ${token}`, { method: 'DELETE' })).status).toBe(204);
    expect(await reads(token)).toBe(200);
    await acme.github.control.switches({ installationTokenRevocationDelayMs: 0 });
    await acme.ask('/installation/token', `Bearer ${token}`, { method: 'DELETE' });
    expect(await reads(token)).toBe(401);
    const other = await acme.installationToken();
    await acme.github.control.advanceClock(3_600_000);
    expect(await reads(other)).toBe(401);
    await acme.github.control.advanceClock(-3_600_000);
  });

  it('can be told to give a wider installation token than was asked for', async () => {
    await acme.github.control.widenTokens('installation');
    const path = `/app/installations/${acme.installationId}/access_tokens`;
    const answer = await acme.asApp(path, {
      json: { repository_ids: [acme.widgetId], permissions: { contents: 'read' } },
    });
    expect(answer.body).toMatchObject({ permissions: { statuses: 'write' }, repository_selection: 'all' });
  });

  it('finds its installation by repository, organisation and person', async () => {
    expect((await acme.asApp('/repos/acme/widget/installation')).body).toMatchObject({ id: acme.installationId });
    expect((await acme.asApp('/orgs/acme/installation')).body).toMatchObject({ id: acme.installationId });
    expect((await acme.asApp('/users/kim/installation')).status).toBe(404);
    expect((await acme.asApp('/app/installations?per_page=1')).text).toContain(`"id":${acme.installationId}`);
  });

  it('breaks no description', async () => {
    expect(await acme.github.control.contractViolations()).toEqual([]);
  });
});

describe('an installation', () => {
  let acme: Acme;
  beforeEach(async () => {
    await acme?.stop();
    acme = new Acme();
    await acme.start();
  });
  afterAll(() => acme.stop());

  it('refuses tokens and silences events while it is suspended', async () => {
    const { control } = acme.github;
    const token = await acme.installationToken();
    await control.suspend(acme.installationId);
    expect(await acme.hooks.last('installation')).toMatchObject({ action: 'suspend' });
    const minted = await acme.asApp(`/app/installations/${acme.installationId}/access_tokens`, { json: {} });
    expect(minted).toMatchObject({ status: 403, body: { message: 'This installation has been suspended' } });
    expect((await acme.ask('/installation/repositories', `Bearer ${token}`)).status).toBe(403);
    expect((await acme.asApp('/app/installations')).text).toContain('"suspended_at":"2');
    await control.push('acme/widget', { pusher: 'kim', files: { a: 'a' } });
    await control.unsuspend(acme.installationId);
    expect(await acme.hooks.last('installation', 2)).toMatchObject({ action: 'unsuspend' });
    expect(acme.hooks.arrived.map((each) => each.headers['x-github-event'])).toEqual(['installation', 'installation']);
    expect((await acme.ask('/installation/repositories', `Bearer ${token}`)).status).toBe(200);
  });

  it('is gone after it was uninstalled: token, events and all', async () => {
    const token = await acme.installationToken();
    await acme.github.control.uninstall(acme.installationId);
    expect(await acme.hooks.last('installation')).toMatchObject({
      action: 'deleted',
      repositories: [{ name: 'widget' }],
    });
    expect((await acme.ask('/installation/repositories', `Bearer ${token}`)).status).toBe(401);
    expect((await acme.asApp(`/app/installations/${acme.installationId}/access_tokens`, { json: {} })).status).toBe(
      404,
    );
  });

  it('tells which repositories come and go', async () => {
    const { control } = acme.github;
    await control.createRepository({ owner: 'acme', name: 'second' });
    const added = await acme.hooks.last('installation_repositories');
    expect(added).toMatchObject({
      action: 'added',
      repositories_added: [{ full_name: 'acme/second' }],
      sender: { login: 'kim' },
    });
    await control.removeRepositories(acme.installationId, ['widget']);
    const removed = await acme.hooks.last('installation_repositories', 2);
    expect(removed).toMatchObject({
      action: 'removed',
      repository_selection: 'selected',
      repositories_removed: [{ name: 'widget' }],
    });
    const minted = await acme.asApp(`/app/installations/${acme.installationId}/access_tokens`, {
      json: { repository_ids: [acme.widgetId] },
    });
    expect(minted.status).toBe(422);
    await control.addRepositories(acme.installationId, ['widget']);
    await acme.hooks.of('installation_repositories', 3);
  });

  it('keeps its permissions until an owner accepts more, and loses the others at once', async () => {
    const { control } = acme.github;
    const token = await acme.installationToken();
    await control.changeApp('crosstie', { permissions: { contents: 'write', checks: 'write' }, events: ['push'] });
    const [now] = await control.installations();
    expect(now?.permissions).toEqual({ contents: 'read', metadata: 'read' });
    const sha = Object.values(await control.refs('acme/widget'))[0];
    const status = await acme.ask(`/repos/acme/widget/statuses/${sha}`, `Bearer ${token}`, {
      json: { state: 'success' },
    });
    expect(status.status).toBe(403);
    await control.acceptPermissions(acme.installationId);
    const event = await acme.hooks.last('installation');
    expect(event).toMatchObject({
      action: 'new_permissions_accepted',
      installation: { permissions: { checks: 'write' } },
    });
  });

  it('is made in a browser, which comes back with its id', async () => {
    const { control, url } = acme.github;
    const hookUrl = 'http://127.0.0.1:1/hook';
    const app = await control.createApp({
      owner: 'acme',
      name: 'Second',
      hookUrl,
      setupUrl: 'http://localhost:8080/setup',
    });
    const signedIn = await fetch(`${url}/login`, {
      method: 'POST',
      body: new URLSearchParams({ login: 'kim' }),
      redirect: 'manual',
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const page = await (
      await fetch(`${url}/apps/${app.slug}/installations/new?state=z`, { headers: { cookie } })
    ).text();
    expect(page).toContain('Install on acme');
    const target = /name="target_id" value="(\d+)"[^>]*><input[^>]*><button>Install on acme/.exec(page)?.[1] ?? '';
    const body = new URLSearchParams({ target_id: target, state: 'z' });
    const done = await fetch(`${url}/apps/${app.slug}/installations/new`, {
      method: 'POST',
      headers: { cookie },
      body,
      redirect: 'manual',
    });
    expect(done.headers.get('location')).toMatch(
      /^http:\/\/localhost:8080\/setup\?installation_id=\d+&setup_action=install&state=z$/,
    );
  });
});

describe('the manifest flow', () => {
  const acme = new Acme();
  beforeAll(() => acme.start());
  afterAll(() => acme.stop());

  const manifest = JSON.stringify({
    name: 'Made By Form',
    url: 'http://localhost:8080',
    hook_attributes: { url: 'http://127.0.0.1:1/hook' },
    redirect_url: 'http://localhost:8080/auth/setup/created',
    callback_urls: ['http://localhost:8080/auth/callback'],
    default_permissions: { contents: 'read', statuses: 'write' },
    default_events: ['push'],
  });
  const post = (path: string, fields: Record<string, string>): Promise<Response> =>
    fetch(`${acme.github.url}${path}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

  it('comes back with a code that is good once, for an hour', async () => {
    const made = await post('/organizations/acme/settings/apps/new?state=st', { manifest });
    const back = new URL(made.headers.get('location') ?? '');
    expect(back.searchParams.get('state')).toBe('st');
    const path = `/app-manifests/${back.searchParams.get('code')}/conversions`;
    const converted = await acme.ask(path, null, { method: 'POST' });
    expect(converted).toMatchObject({
      status: 201,
      body: {
        slug: 'made-by-form',
        owner: { login: 'acme' },
        client_id: expect.any(String),
        client_secret: expect.any(String),
        webhook_secret: expect.any(String),
        pem: expect.stringContaining('BEGIN RSA PRIVATE KEY'),
        permissions: { contents: 'read', statuses: 'write', metadata: 'read' },
        events: ['push'],
      },
    });
    expect((await acme.ask(path, null, { method: 'POST' })).status).toBe(404);
  });

  it('refuses a code after an hour, a taken name and a manifest without url', async () => {
    const made = await post('/settings/apps/new', {
      manifest: manifest.replace('Made By Form', 'Late'),
      login_as: 'kim',
    });
    const code = new URL(made.headers.get('location') ?? '').searchParams.get('code');
    await acme.github.control.advanceClock(3_600_000);
    expect((await acme.ask(`/app-manifests/${code}/conversions`, null, { method: 'POST' })).status).toBe(404);
    expect((await post('/settings/apps/new', { manifest: manifest.replace('Made By Form', 'Late') })).status).toBe(422);
    expect((await post('/settings/apps/new', { manifest: '{"name":"x"}' })).status).toBe(422);
  });

  it('asks for one click when nothing is approved by itself', async () => {
    await acme.github.control.switches({ autoApprove: false });
    expect((await post('/settings/apps/new', { manifest })).status).toBe(401);
    const signedIn = await post('/login', { login: 'kim' });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const body = new URLSearchParams({ manifest: manifest.replace('Made By Form', 'Clicked') });
    const page = await fetch(`${acme.github.url}/settings/apps/new?state=q`, {
      method: 'POST',
      headers: { cookie },
      body,
    });
    expect(await page.text()).toContain('action="/settings/apps/new?state=q"');
  });
});
