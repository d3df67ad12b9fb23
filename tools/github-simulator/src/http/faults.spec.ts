import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Acme, type Answered } from '../testing/acme.js';

const statusRoute = '/repos/{owner}/{repo}/statuses/{sha}';

describe('faults', () => {
  let acme: Acme;
  let token: string;
  beforeEach(async () => {
    await acme?.stop();
    acme = new Acme();
    await acme.start();
    token = `Bearer ${await acme.installationToken()}`;
  });
  afterAll(() => acme.stop());

  const post = async (): Promise<Answered> => {
    const sha = (await acme.github.control.refs('acme/widget'))['refs/heads/main'];
    return acme.ask(`/repos/acme/widget/statuses/${sha}`, token, { json: { state: 'success' } });
  };

  it('answer with a status and `retry-after`, as often as told', async () => {
    await acme.github.control.fault({
      route: statusRoute,
      status: 403,
      retryAfter: 7,
      message: 'secondary rate',
      times: 2,
    });
    const hit = await post();
    expect(hit).toMatchObject({ status: 403, body: { message: 'secondary rate' } });
    expect(hit.headers.get('retry-after')).toBe('7');
    expect((await post()).status).toBe(403);
    expect((await post()).status).toBe(201);
    expect(await acme.github.control.statuses('acme/widget')).toHaveLength(1);
  });

  it('lose an answer after the effect', async () => {
    await acme.github.control.fault({ route: statusRoute, lostAnswer: true });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(await acme.github.control.statuses('acme/widget')).toHaveLength(1);
    const received = await acme.github.control.received({ route: statusRoute });
    expect(received).toMatchObject([{ method: 'POST', status: 201, answerLost: true }]);
  });

  it('lose the answer of a token exchange, whose refresh token is then used up', async () => {
    const first = await acme.signIn('kim');
    await acme.github.control.fault({ route: '/login/oauth/access_token', lostAnswer: true });
    await expect(acme.refresh(first['refresh_token'])).rejects.toThrow('fetch failed');
    expect(await acme.refresh(first['refresh_token'])).toMatchObject({ error: 'bad_refresh_token' });
    expect(await acme.works(first['access_token'])).toBe(false);
  });

  it('cut a connection before anything happened', async () => {
    await acme.github.control.fault({ route: statusRoute, reset: true });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(await acme.github.control.statuses('acme/widget')).toHaveLength(0);
  });

  it('hit git as well', async () => {
    await acme.github.control.fault({ route: 'info/refs', status: 503 });
    expect((await acme.git(['ls-remote', acme.cloneUrl('kim', acme.kim.token)])).status).not.toBe(0);
    expect((await acme.git(['ls-remote', acme.cloneUrl('kim', acme.kim.token)])).status).toBe(0);
  });

  it('delay one route or everything', async () => {
    await acme.github.control.fault({ route: statusRoute, delayMs: 120 });
    const timed = async (): Promise<number> => {
      const start = performance.now();
      await post();
      return performance.now() - start;
    };
    expect(await timed()).toBeGreaterThan(115);
    expect(await timed()).toBeLessThan(110);
    await acme.github.control.delayEverything(150);
    expect(await timed()).toBeGreaterThan(145);
    await acme.github.control.clearFaults();
    expect(await timed()).toBeLessThan(140);
  });

  it('let what was pushed show up late: 404, 422 and the older ref', async () => {
    const { control } = acme.github;
    await control.lag('acme/widget', { ms: 5_000 });
    const { before, after } = await control.push('acme/widget', { pusher: 'kim', files: { new: 'n' } });
    const get = async (path: string): Promise<number> => (await acme.ask(`/repos/acme/widget${path}`, token)).status;
    expect(await get(`/contents/new?ref=${after}`)).toBe(404);
    expect(await get(`/commits/${after}`)).toBe(422);
    expect(await get(`/compare/${after}...main`)).toBe(404);
    expect((await acme.ask(`/repos/acme/widget/statuses/${after}`, token, { json: { state: 'pending' } })).status).toBe(
      422,
    );
    expect((await acme.ask('/repos/acme/widget/git/ref/heads/main', token)).body).toMatchObject({
      object: { sha: before },
    });
    await control.advanceClock(5_000);
    expect(await get(`/contents/new?ref=${after}`)).toBe(200);
    expect((await acme.ask('/repos/acme/widget/git/ref/heads/main', token)).body).toMatchObject({
      object: { sha: after },
    });
  });

  it('use up an hourly budget and a minute of content', async () => {
    const { control } = acme.github;
    await control.rateLimit(`installation:${acme.installationId}`, 3);
    const used = await post();
    expect(used.headers.get('x-ratelimit-limit')).toBe('3');
    await post();
    await post();
    const over = await post();
    expect(over).toMatchObject({ status: 403, body: { message: expect.stringContaining('API rate limit exceeded') } });
    expect(over.headers.get('x-ratelimit-remaining')).toBe('0');
    expect((await acme.ask('/rate_limit', token)).body).toMatchObject({ resources: { core: { remaining: 0 } } });
    await control.rateLimit(`installation:${acme.installationId}`, 5000);
    await control.switches({ secondaryLimits: true, secondaryRetryAfter: null });
    let last = await post();
    for (let n = 0; n < 80; n += 1) last = await post();
    expect(last).toMatchObject({ status: 403, body: { message: expect.stringContaining('secondary rate limit') } });
    expect(last.headers.get('retry-after')).toBeNull();
    await control.switches({ statusesAreContent: false });
    expect((await post()).status).toBe(201);
  });

  it('leave a list of what was received, and of every secret that was issued', async () => {
    const { control } = acme.github;
    await control.clearReceived();
    await post();
    await acme.ask('/no/such/route', token);
    expect(await control.received()).toMatchObject([
      { method: 'POST', route: statusRoute, status: 201, tokenKind: 'installation', body: { state: 'success' } },
      { method: 'GET', route: 'unknown', status: 404 },
    ]);
    await acme.signIn('kim');
    const kinds = new Set((await control.secrets()).map((each) => each.kind));
    expect([...kinds].sort()).toEqual([
      'authorization_code',
      'client_secret',
      'installation_token',
      'personal_token',
      'private_key',
      'refresh_token',
      'user_token',
      'webhook_secret',
    ]);
  });
});
