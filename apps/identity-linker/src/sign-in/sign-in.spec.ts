import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Page, Visitor } from '@crosstie/testkit';

import { type LinkerStage, startLinkerStage } from '../testing/linker-stage.js';

describe('signing in with GitHub', () => {
  let stage: LinkerStage;
  beforeAll(async () => {
    stage = await startLinkerStage();
  });
  afterAll(() => stage.stop());

  const account = async (visitor: Visitor) => {
    const headers = { cookie: visitor.cookieHeader(stage.url) };
    const answer = await fetch(`${stage.url}/api/crosstie/v1/account`, { headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, never> };
  };

  it('shows the terms first and stores nothing of the identity before they are accepted', async () => {
    const { id } = await stage.control.createUser({ login: 'dana', name: 'Dana' });
    const visitor = new Visitor();
    const terms = await stage.throughGithub(visitor, 'dana');
    expect(terms.text).toContain('Nothing of it is stored');
    expect(await stage.rows('SELECT 1 FROM identity WHERE github_user_id = $1', id)).toEqual([]);
    expect(await stage.rows(`SELECT 1 FROM credential WHERE kind = 'person_chain'`)).toEqual([]);
    const held = await stage.row<{ data: unknown }>('SELECT data FROM session ORDER BY id DESC LIMIT 1');
    expect(JSON.stringify(held.data)).not.toMatch(/ghu_|ghr_|dana/);

    await visitor.submit(terms, '/auth/terms');
    expect((await account(visitor)).body).toMatchObject({
      user: { username: 'dana', name: 'Dana', is_admin: false },
      identities: [{ login: 'dana', github_user_id: id, state: 'linked' }],
      terms: { version: 1, accepted: true },
      seat: { taken_at: expect.any(String) },
    });
    expect(await stage.audit()).toEqual(
      expect.arrayContaining(['link.completed', 'terms.accepted', 'seat.granted', 'auth.login']),
    );
  });

  it('lets a linked person in at once, and leaves the tokens that work as they are', async () => {
    const { identityId, userId } = await stage.linked('erin');
    const before = await stage.row('SELECT generation FROM credential WHERE subject = $1', identityId);
    const visitor = new Visitor();
    await stage.throughGithub(visitor, 'erin');
    expect((await account(visitor)).body).toMatchObject({ user: { id: userId } });
    expect(await stage.row('SELECT generation FROM credential WHERE subject = $1', identityId)).toEqual(before);
  });

  it('keeps nothing and takes the authorisation back when the person does not agree', async () => {
    const { id } = await stage.control.createUser({ login: 'fred' });
    const visitor = new Visitor();
    const terms = await stage.throughGithub(visitor, 'fred');
    const page = await visitor.submit(terms, '/auth/terms?decline');
    expect(page.text).toContain('Nothing was linked');
    expect(await stage.rows('SELECT 1 FROM identity WHERE github_user_id = $1', id)).toEqual([]);
    const gone = (await stage.control.received({ method: 'DELETE' })).map((request) => request.route);
    expect(gone).toContain('/applications/{client_id}/grant');
  });

  describe('L1: the state', () => {
    const refusals = async () => (await stage.audit()).filter((action) => action === 'auth.state_mismatch').length;

    it('is refused when it is missing, foreign, used or old', async () => {
      await stage.control.createUser({ login: 'gina' });
      const before = await refusals();
      const visitor = new Visitor();
      const back = new URL(await stage.answerOfGithub(visitor, 'gina'));
      const code = back.searchParams.get('code') ?? '';
      const cookie = visitor.cookieHeader(stage.url);

      const foreign = await visitor.open(`${stage.url}/auth/github/callback?code=${code}&state=${'x'.repeat(43)}`);
      expect(foreign.status).toBe(400);
      // The foreign one has spent the real one.
      expect((await visitor.open(back.href)).status).toBe(400);
      expect(visitor.cookieHeader(stage.url)).toBe(cookie);

      const late = await stage.answerOfGithub(visitor, 'gina');
      await stage.advance(10 * 60_000 + 1000);
      expect((await visitor.open(late)).status).toBe(400);

      const missing = new URL(await stage.answerOfGithub(visitor, 'gina'));
      missing.searchParams.delete('state');
      expect((await visitor.open(missing.href)).status).toBe(400);

      const good = await stage.answerOfGithub(visitor, 'gina');
      expect((await visitor.open(good)).status).toBe(200);
      expect((await visitor.open(good)).status).toBe(400);
      expect((await refusals()) - before).toBe(5);
    });

    it('belongs to the browser that began', async () => {
      await stage.control.createUser({ login: 'hugo' });
      const attacker = new Visitor();
      const back = await stage.answerOfGithub(attacker, 'hugo');
      const victim = (await stage.localBrowser('victim')).visitor;
      await stage.answerOfGithub(victim, 'hugo', 'link');
      expect((await victim.open(back)).status).toBe(400);
      expect(await stage.rows(`SELECT 1 FROM identity WHERE login = 'hugo'`)).toEqual([]);
    });

    it('belongs to one purpose: one of the set-up is none of a sign-in', async () => {
      const { visitor } = await stage.localBrowser('setter', true);
      const page = await visitor.open(`${stage.url}/auth/setup/app?again=yes`);
      const state = /settings\/apps\/new\?state=([\w-]+)/.exec(page.text)?.[1] ?? '';
      expect(state).not.toBe('');
      expect((await visitor.open(`${stage.url}/auth/github/callback?code=x&state=${state}`)).status).toBe(400);
      const link = await stage.authorizeAddress(visitor, 'link');
      const other = new URL(link).searchParams.get('state') ?? '';
      expect((await visitor.open(`${stage.url}/auth/setup/app/callback?code=x&state=${other}`)).status).toBe(400);
    });
  });

  it('L2: refuses a browser that began nothing', async () => {
    for (const query of ['code=x', 'code=x&state=', 'state=x', '', 'code=x&state=undefined']) {
      const visitor = new Visitor();
      expect((await visitor.open(`${stage.url}/auth/github/callback?${query}`)).status).toBe(400);
      expect(visitor.cookieHeader(stage.url)).toBe('');
    }
  });

  it('L5: goes by the number: a renamed person stays, who takes the old login is somebody else', async () => {
    const { userId } = await stage.linked('kim');
    await stage.control.renameUser('kim', 'kim2');
    await stage.control.createUser({ login: 'kim' });
    const other = new Visitor();
    const terms = await stage.throughGithub(other, 'kim');
    await other.submit(terms, '/auth/terms');
    expect((await account(other)).body).toMatchObject({ user: { username: 'kim-2' } });
    const same = new Visitor();
    await stage.throughGithub(same, 'kim2');
    expect((await account(same)).body).toMatchObject({ user: { id: userId }, identities: [{ login: 'kim2' }] });
  });

  it('L6: links a GitHub account once, however many try at the same moment', async () => {
    const { id } = await stage.control.createUser({ login: 'lena' });
    const ready: { visitor: Visitor; terms: Page }[] = [];
    for (let n = 0; n < 50; n++) {
      const { visitor } = await stage.localBrowser(`racer${n}`);
      ready.push({ visitor, terms: await stage.throughGithub(visitor, 'lena', 'link') });
    }
    const ends = await Promise.all(ready.map(({ visitor, terms }) => visitor.submit(terms, '/auth/terms')));
    expect(ends.filter((page) => page.status === 409)).toHaveLength(49);
    expect(ends.find((page) => page.status === 409)?.text).not.toContain('racer');
    expect(await stage.rows('SELECT user_id FROM identity WHERE github_user_id = $1', id)).toHaveLength(1);
  });

  it('L6: refuses a second GitHub account for one person', async () => {
    const { visitor, userId } = await stage.linked('mona');
    await stage.control.createUser({ login: 'mona-too' });
    expect((await stage.throughGithub(visitor, 'mona-too', 'link')).status).toBe(409);
    expect(await stage.rows('SELECT login FROM identity WHERE user_id = $1', userId)).toEqual([{ login: 'mona' }]);
  });

  it('L4: links who came back from GitHub, whatever the form says', async () => {
    const { id } = await stage.control.createUser({ login: 'nick' });
    const { visitor, id: userId } = await stage.localBrowser('nicks-account');
    const terms = await stage.throughGithub(visitor, 'nick', 'link');
    expect(terms.text).toMatch(/nick<\/b>[\s\S]*nicks-account/);
    await visitor.submit(terms, '/auth/terms', { github_id: '1', user_id: '1', login: 'owner', email: 'x@y.z' });
    const row = await stage.row('SELECT user_id, github_user_id FROM identity WHERE github_user_id = $1', id);
    expect(row).toEqual({ user_id: userId, github_user_id: id });
  });

  it('L7: sends S256 and cannot use a code that was made for another verifier', async () => {
    await stage.control.createUser({ login: 'olga' });
    const [one, two] = [new Visitor(), new Visitor()];
    const address = new URL(await stage.authorizeAddress(one, 'login'));
    expect(address.searchParams.get('code_challenge_method')).toBe('S256');
    const session = await stage.row<{ data: { oauth: { verifier: string } } }>(
      'SELECT data FROM session ORDER BY id DESC LIMIT 1',
    );
    const digest = createHash('sha256').update(session.data.oauth.verifier).digest('base64url');
    expect(address.searchParams.get('code_challenge')).toBe(digest);

    const code = new URL(await stage.control.approve(address.href, 'olga')).searchParams.get('code') ?? '';
    const mixed = new URL(await stage.answerOfGithub(two, 'olga'));
    mixed.searchParams.set('code', code);
    const page = await two.open(mixed.href);
    expect([page.status, page.text.includes('did not accept')]).toEqual([400, true]);
    expect((await two.open(mixed.href)).status).toBe(400);
  });

  it('L8: gives a new session at sign-in; the planted one is worth nothing', async () => {
    await stage.linked('pete');
    const visitor = new Visitor();
    await stage.authorizeAddress(visitor, 'login');
    const planted = visitor.cookieHeader(stage.url);
    await stage.throughGithub(visitor, 'pete');
    expect(visitor.cookieHeader(stage.url)).not.toBe(planted);
    const asPlanted = await fetch(`${stage.url}/api/crosstie/v1/account`, { headers: { cookie: planted } });
    expect(asPlanted.status).toBe(401);
  });

  it('L9: goes on to pages of this server alone', async () => {
    const { token } = await stage.local('quinn');
    for (const evil of [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '%2f%2fe',
    ]) {
      const answer = await fetch(`${stage.url}/auth/token`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ token, return_to: evil }),
      });
      expect(['/', '/auth/%2f%2fe', '/%2f%2fe']).toContain(answer.headers.get('location'));
    }
  });

  it('ends the session and its cookie at sign-out, by a form of our own only', async () => {
    const { visitor } = await stage.localBrowser('rita');
    const cookie = visitor.cookieHeader(stage.url);
    expect((await visitor.post(`${stage.url}/auth/sign-out`, {})).status).toBe(403);
    const page = await visitor.open(`${stage.url}/auth/sign-in`);
    await visitor.submit(page, '/auth/sign-out');
    expect(visitor.cookieHeader(stage.url)).toBe('');
    expect((await fetch(`${stage.url}/api/v4/user`, { headers: { cookie } })).status).toBe(401);
  });

  it('refuses unsafe requests of a session without its token, and a form of another origin', async () => {
    const { visitor } = await stage.localBrowser('sara');
    const cookie = visitor.cookieHeader(stage.url);
    const { body } = await account(visitor);
    const make = (headers: Record<string, string>) =>
      fetch(`${stage.url}/api/v4/user/personal_access_tokens`, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ name: 'x', scopes: ['read_api'] }),
      });
    expect((await make({})).status).toBe(403);
    const token = String(body['csrf_token']);
    expect((await make({ 'x-csrf-token': token, origin: 'https://evil.example' })).status).toBe(403);
    expect((await make({ 'x-csrf-token': token })).status).toBe(201);
    const evil = await fetch(`${stage.url}/auth/token`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: new URLSearchParams({ token: 'x' }),
    });
    expect(evil.status).toBe(403);
  });

  it('unlinks with the tokens, the seat and the authorisation at GitHub, and links again', async () => {
    const { visitor, userId, identityId } = await stage.linked('tess');
    const { body } = await account(visitor);
    await visitor.post(`${stage.url}/auth/unlink`, {
      csrf_token: String(body['csrf_token']),
      return_to: '/auth/sign-in',
    });
    expect(await stage.rows('SELECT 1 FROM identity WHERE user_id = $1', userId)).toEqual([]);
    expect(await stage.rows('SELECT 1 FROM credential WHERE subject = $1', identityId)).toEqual([]);
    expect((await account(visitor)).body).toMatchObject({ identities: [], seat: null });
    const terms = await stage.throughGithub(visitor, 'tess', 'link');
    await visitor.submit(terms, '/auth/terms');
    expect((await account(visitor)).body).toMatchObject({ identities: [{ login: 'tess', state: 'linked' }] });
  });

  it('asks for consent again when the terms have changed', async () => {
    const { userId } = await stage.linked('uma');
    await stage.rows(`INSERT INTO terms_version (version, body) VALUES (2, 'New words.')`);
    const visitor = new Visitor();
    const terms = await stage.throughGithub(visitor, 'uma');
    expect(terms.text).toContain('New words.');
    expect((await account(visitor)).status).toBe(401);
    expect((await visitor.submit(terms, '/auth/terms', { version: '1' })).status).toBe(409);
    const again = await visitor.open(`${stage.url}/auth/terms`);
    await visitor.submit(again, '/auth/terms');
    expect((await account(visitor)).body).toMatchObject({
      user: { id: userId },
      terms: { version: 2, accepted: true },
    });
    await stage.rows('DELETE FROM acceptance WHERE version = 2');
    await stage.rows('DELETE FROM terms_version WHERE version = 2');
  });
});
