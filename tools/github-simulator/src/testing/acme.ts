import { createHash, createSign } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type CreatedApp,
  type CreatedUser,
  type GitHubSimulator,
  startGitHubSimulator,
  type Switches,
} from '../index.js';
import { HookListener } from './hook-listener.js';

const execute = promisify(execFile);

export const callbackUrl = 'http://localhost:8080/auth/callback';

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  body: Record<string, unknown>;
}

/** An App's JWT; times can be moved for the tests of GitHub's rules. */
export function appJwt(
  app: CreatedApp,
  times: { iat?: number; exp?: number; iss?: unknown; alg?: string } = {},
): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iat: times.iat ?? now - 60, exp: times.exp ?? now + 540, iss: times.iss ?? String(app.id) };
  const text = `${encode({ alg: times.alg ?? 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(app.privateKey).toString('base64url')}`;
}

/** The organisation acme with its private repository widget, its admin kim, and the App installed. */
export class Acme {
  readonly hooks = new HookListener();
  github!: GitHubSimulator;
  app!: CreatedApp;
  kim!: CreatedUser;
  installationId = 0;
  widgetId = 0;
  folder = '';

  async start(switches: Partial<Switches> = {}): Promise<void> {
    const hookUrl = await this.hooks.start();
    this.github = await startGitHubSimulator({ switches });
    this.folder = await mkdtemp(join(tmpdir(), 'acme-'));
    const { control } = this.github;
    this.kim = await control.createUser({ login: 'kim' });
    await control.createOrganization({ login: 'acme', members: { kim: 'admin' } });
    const files = { '.gitlab-ci.yml': 'job:\n  script: "true"\n', 'docs/a.md': 'a', latest: { link: 'docs/a.md' } };
    this.widgetId = (await control.createRepository({ owner: 'acme', name: 'widget', files })).id;
    this.app = await control.createApp({
      owner: 'acme',
      name: 'Crosstie',
      hookUrl,
      callbackUrls: [callbackUrl],
      permissions: { contents: 'read', statuses: 'write' },
      events: ['push', 'repository'],
    });
    this.installationId = (await control.install({ app: 'crosstie', account: 'acme' })).id;
    await this.hooks.of('installation');
    this.hooks.clear();
  }

  async stop(): Promise<void> {
    await this.github.close();
    await this.hooks.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async ask(
    path: string,
    authorization: string | null,
    init: RequestInit & { json?: unknown } = {},
  ): Promise<Answered> {
    const answer = await fetch(`${this.github.apiUrl}${path}`, {
      ...init,
      redirect: 'manual',
      ...(init.json === undefined ? {} : { method: init.method ?? 'POST', body: JSON.stringify(init.json) }),
      headers: { ...(authorization === null ? {} : { authorization }), ...(init.headers as Record<string, string>) },
    });
    const text = await answer.text();
    const json =
      /json/.test(answer.headers.get('content-type') ?? '') && !/raw/.test(answer.headers.get('content-type') ?? '');
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: json ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  asApp(path: string, init: RequestInit & { json?: unknown } = {}): Promise<Answered> {
    return this.ask(path, `Bearer ${appJwt(this.app)}`, init);
  }

  asClient(path: string, init: RequestInit & { json?: unknown } = {}): Promise<Answered> {
    const basic = Buffer.from(`${this.app.clientId}:${this.app.clientSecret}`).toString('base64');
    return this.ask(path, `Basic ${basic}`, init);
  }

  async installationToken(narrowed: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.asApp(`/app/installations/${this.installationId}/access_tokens`, { json: narrowed });
    return String(answer.body['token']);
  }

  /** The whole of a sign-in as a product drives it, with PKCE. */
  async signIn(login: string, extra: Record<string, string> = {}): Promise<Record<string, unknown>> {
    const verifier = 'v'.repeat(64);
    const url = new URL(`${this.github.url}/login/oauth/authorize`);
    url.search = new URLSearchParams({
      client_id: this.app.clientId,
      redirect_uri: callbackUrl,
      state: 's1',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    const back = new URL(await this.github.control.approve(url.toString(), login));
    return this.trade({ code: back.searchParams.get('code') ?? '', code_verifier: verifier, ...extra });
  }

  refresh(refreshToken: unknown): Promise<Record<string, unknown>> {
    return this.trade({ grant_type: 'refresh_token', refresh_token: String(refreshToken) });
  }

  async trade(fields: Record<string, string>): Promise<Record<string, unknown>> {
    const body = new URLSearchParams({ client_id: this.app.clientId, client_secret: this.app.clientSecret, ...fields });
    const answer = await fetch(`${this.github.url}/login/oauth/access_token`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body,
    });
    return (await answer.json()) as Record<string, unknown>;
  }

  async works(token: unknown): Promise<boolean> {
    return (await this.ask('/user', `Bearer ${String(token)}`)).status === 200;
  }

  /** Runs git in the test's folder; gives what it printed, and its status instead of throwing. */
  async git(args: string[], at = '.'): Promise<{ status: number; output: string }> {
    const who = ['-c', 'user.name=Kim', '-c', `user.email=${this.kim.email}`];
    const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
    try {
      const { stdout, stderr } = await execute('git', [...who, ...args], { cwd: join(this.folder, at), env });
      return { status: 0, output: stdout + stderr };
    } catch (error) {
      const failed = error as { code?: number; stderr?: string };
      return { status: failed.code ?? 1, output: failed.stderr ?? '' };
    }
  }

  cloneUrl(user: string, token: string, name = 'widget'): string {
    return `${this.github.url.replace('//', `//${user}:${token}@`)}/acme/${name}.git`;
  }
}
