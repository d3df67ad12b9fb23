import { generateKeyPairSync, verify } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Clock, Secret } from '@crosstie/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppClient } from './app-client.js';
import { signAppJwt } from './app-jwt.js';
import { GithubClient } from './github-client.js';
import { GithubError } from './github-error.js';
import { GithubHost } from './github-host.js';
import { OauthClient } from './oauth-client.js';

class HandClock extends Clock {
  time = Date.parse('2026-11-24T12:00:00Z');
  now(): Date {
    return new Date(this.time);
  }
}

interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}
interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Answers as GitHub would, one prepared reply after the other, and remembers what it was asked. */
class Script {
  readonly seen: Seen[] = [];
  private replies: Reply[] = [];
  private readonly server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      this.seen.push({ method, url, headers, body: Buffer.concat(parts).toString() });
      const reply = this.replies.shift() ?? { status: 500 };
      const { body } = reply;
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
      response.end(Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body ?? null));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
  answer(...replies: Reply[]): void {
    this.replies = replies;
    this.seen.length = 0;
  }
}

const sha = 'a'.repeat(40);

describe('calling GitHub', () => {
  const github = new Script();
  const clock = new HandClock();
  let url: string;
  let host: GithubHost;
  let client: GithubClient;
  let oauth: OauthClient;

  beforeAll(async () => {
    url = await github.start();
  });
  afterAll(() => github.stop());
  beforeEach(() => {
    host = new GithubHost({ host: new URL(url).host, webUrl: url, apiUrl: `${url}/api` }, clock);
    client = new GithubClient(host, new Secret('ghs_canary_installation'), 'installation:7');
    oauth = new OauthClient(host, { clientId: 'Iv1.x', clientSecret: new Secret('canary_client_secret') });
  });

  it('reads a file at a commit, its bytes as they are, with a pinned API version', async () => {
    github.answer({ status: 200, body: Buffer.from('fffe', 'hex') });
    expect(await client.readFile('acme/widget', 'ci/a b#1.yml', sha)).toEqual(Buffer.from('fffe', 'hex'));
    expect(github.seen[0]).toMatchObject({
      method: 'GET',
      url: `/api/repos/acme/widget/contents/ci/a%20b%231.yml?ref=${sha}`,
      headers: { 'x-github-api-version': '2022-11-28', authorization: 'Bearer ghs_canary_installation' },
    });
  });

  it('answers null for a file, a commit, a ref and a collaborator that are not there', async () => {
    const absent = { status: 404, body: { message: 'Not Found' } };
    github.answer(absent, absent, absent, absent, absent);
    expect(await client.readFile('acme/widget', 'x', sha)).toBeNull();
    expect(await client.commitExists('acme/widget', sha)).toBe(false);
    expect(await client.refHead('acme/widget', 'refs/heads/x')).toBeNull();
    expect(await client.permissionOf('acme/widget', 'dana')).toBeNull();
    expect(await client.userById(5)).toBeNull();
  });

  it.each(['$(touch x)', 'feature/ü', 'a;b', '<script>', 'a{b}?c#d'])('asks for a ref named %s', async (branch) => {
    github.answer({ status: 200, body: { object: { sha } } });
    expect(await client.refHead('acme/widget', `refs/heads/${branch}`)).toBe(sha);
    const path = github.seen[0]?.url.replace('/api/repos/acme/widget/git/ref/', '') ?? '';
    expect(decodeURIComponent(path)).toBe(`heads/${branch}`);
    expect(path).not.toMatch(/[?#{}<>]/);
  });

  it('follows a renamed repository, and no redirect to another host', async () => {
    github.answer(
      { status: 301, headers: { location: `${url}/api/repositories/9/compare` } },
      { status: 200, body: { status: 'ahead' } },
    );
    expect(await client.compare('old/name', sha, 'main')).toBe('ahead');
    github.answer({ status: 302, headers: { location: 'http://elsewhere.example/' } });
    await expect(client.compare('old/name', sha, 'main')).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('asks with the ETag of the last answer and takes "not modified" as that answer', async () => {
    const body = { permission: 'write', role_name: 'maintain', user: { id: 42 } };
    github.answer({ status: 200, headers: { etag: '"1"' }, body }, { status: 304 });
    const first = await client.permissionOf('acme/widget', 'dana');
    expect(await client.permissionOf('acme/widget', 'dana')).toEqual(first);
    expect(first).toEqual({ permission: 'write', roleName: 'maintain', userId: 42 });
    expect(github.seen[1]?.headers['if-none-match']).toBe('"1"');
  });

  it('never gives one caller the remembered answer of another', async () => {
    github.answer({ status: 200, headers: { etag: '"1"' }, body: {} }, { status: 200, body: {} });
    await client.userById(42);
    await new GithubClient(host, new Secret('ghs_other'), 'installation:8').userById(42);
    expect(github.seen[1]?.headers['if-none-match']).toBeUndefined();
  });

  it('tries a read once more when GitHub is unwell, and a write never', async () => {
    github.answer({ status: 502 }, { status: 200, body: { object: { sha } } });
    expect(await client.refHead('acme/widget', 'refs/heads/main')).toBe(sha);
    github.answer({ status: 502 });
    const status = { state: 'success', context: 'crosstie', description: '', targetUrl: url } as const;
    await expect(client.postStatus('acme/widget', sha, status)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(github.seen).toHaveLength(1);
  });

  it('leaves GitHub alone for as long as it asked, that budget only', async () => {
    github.answer({
      status: 403,
      headers: { 'retry-after': '30' },
      body: { message: 'You exceeded a secondary rate limit' },
    });
    await expect(client.userById(1)).rejects.toMatchObject({ kind: 'rate_limited', retryAfterMs: 30_000 });
    clock.time += 10_000;
    await expect(client.userById(1)).rejects.toMatchObject({ kind: 'rate_limited', retryAfterMs: 20_000 });
    expect(github.seen).toHaveLength(1);
    github.answer({ status: 200, body: {} }, { status: 200, body: {} });
    await new GithubClient(host, new Secret('ghs_x'), 'installation:8').userById(1);
    clock.time += 20_000;
    await client.userById(1);
    expect(github.seen).toHaveLength(2);
  });

  it('waits for the reset of a budget that is used up', async () => {
    const reset = String(clock.ms() / 1000 + 100);
    github.answer({ status: 200, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }, body: {} });
    await client.userById(1);
    expect(host.budgets.of('installation:7').remaining).toBe(0);
    await expect(client.userById(1)).rejects.toMatchObject({ kind: 'rate_limited', retryAfterMs: 101_000 });
  });

  it('tells a suspended installation from a missing right', async () => {
    github.answer(
      { status: 403, body: { message: 'This installation has been suspended' } },
      { status: 403, body: { message: 'Resource not accessible by integration' } },
    );
    await expect(client.userById(1)).rejects.toMatchObject({ kind: 'suspended' });
    await expect(client.userById(1)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('reads the refusals that the token exchange answers with status 200', async () => {
    github.answer({ status: 200, body: { error: 'bad_refresh_token', error_description: 'is incorrect or expired' } });
    await expect(oauth.refresh(new Secret('ghr_canary'))).rejects.toMatchObject({
      kind: 'oauth_refused',
      reason: 'bad_refresh_token',
    });
  });

  it('reads the tokens of an exchange with the times at which they end', async () => {
    const body = { access_token: 'ghu_1', expires_in: 28_800, refresh_token: 'ghr_1', refresh_token_expires_in: 100 };
    github.answer({ status: 200, body });
    const tokens = await oauth.exchangeCode('code', 'verifier', null);
    expect(tokens.accessToken.reveal()).toBe('ghu_1');
    expect(tokens.expiresAt).toEqual(new Date(clock.ms() + 28_800_000));
    expect(JSON.parse(github.seen[0]?.body ?? '')).toMatchObject({ code: 'code', code_verifier: 'verifier' });
  });

  it('keeps the ids of the delivery log exact', async () => {
    const body = '[{"id":12345678901234567890,"guid":"g-1","event":"push","status_code":200}]';
    github.answer({ status: 200, headers: { link: `<${url}/x?cursor=v1_9>; rel="next"` }, body });
    const page = await new AppClient(host, new Secret('jwt')).deliveries();
    expect(page).toMatchObject({ nextCursor: 'v1_9', deliveries: [{ id: '12345678901234567890', guid: 'g-1' }] });
  });

  it('[T4] keeps every secret out of every error', async () => {
    const status = { state: 'success', context: 'c', description: 'd', targetUrl: url } as const;
    const secret = new Secret('canary_refresh');
    const calls: (() => Promise<unknown>)[] = [
      () => client.userById(1),
      () => client.postStatus('a/b', sha, status),
      () => oauth.refresh(secret),
      () => oauth.scopedToken({ accessToken: secret, targetId: 1, repositoryIds: [1], permissions: {} }),
      () => oauth.checkToken(secret),
      () => oauth.deleteToken(secret),
      () => oauth.deleteGrant(secret),
      () =>
        new AppClient(host, new Secret('canary_jwt')).mintInstallationToken(1, { repositoryIds: [1], permissions: {} }),
    ];
    for (const code of [400, 401, 403, 404, 409, 422, 429, 500, 502, 200]) {
      for (const call of calls) {
        host.budgets.record('oauth', new Headers(), false);
        github.answer({ status: code, body: 'x' }, { status: code, body: 'x' });
        const error = await call().then(
          () => null,
          (failure: unknown) => failure,
        );
        if (error === null) continue;
        expect(error).toBeInstanceOf(GithubError);
        expect(`${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}`).not.toMatch(/canary/);
      }
      clock.time += 120_000;
    }
  });

  it('says that GitHub is unavailable when nobody answers', async () => {
    const nobody = new GithubHost({ host: 'x', webUrl: 'http://127.0.0.1:1', apiUrl: 'http://127.0.0.1:1' }, clock);
    const alone = new GithubClient(nobody, new Secret('ghs_canary'), 'installation:1');
    await expect(alone.userById(1)).rejects.toMatchObject({ kind: 'unavailable', status: 0 });
  });
});

describe("signing the App's own token", () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

  it('is valid from a minute ago for nine minutes more', () => {
    const clock = new HandClock();
    const { jwt, expiresAt } = signAppJwt({ issuer: 'Iv1.x', privateKey: new Secret(pem) }, clock);
    const [head = '', claims = '', signature = ''] = jwt.reveal().split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      iat: clock.ms() / 1000 - 60,
      exp: clock.ms() / 1000 + 540,
      iss: 'Iv1.x',
    });
    expect(expiresAt).toEqual(new Date(clock.ms() + 540_000));
    const signed = Buffer.from(`${head}.${claims}`);
    expect(verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });

  it('does not show a key that cannot be read', () => {
    const privateKey = new Secret('-----BEGIN PRIVATE KEY-----canary');
    expect(() => signAppJwt({ issuer: '1', privateKey }, new HandClock())).toThrow(/cannot be used to sign/);
  });
});
