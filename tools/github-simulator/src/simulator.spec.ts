import { createHmac, createSign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CreatedApp, type CreatedUser, type GitHubSimulator, startGitHubSimulator } from './index.js';

const run = promisify(execFile);

interface Arrived {
  headers: IncomingMessage['headers'];
  body: Buffer;
}

class Listener {
  readonly arrived: Arrived[] = [];
  private waiting: (() => void)[] = [];
  private readonly server: Server;
  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.arrived.push({ headers: request.headers, body: Buffer.concat(chunks) });
        response.writeHead(202).end('accepted');
        for (const wake of this.waiting.splice(0)) wake();
      });
    });
  }
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/webhooks/github`;
  }
  async next(event: string, from = 0): Promise<Arrived> {
    for (;;) {
      const found = this.arrived.slice(from).find((each) => each.headers['x-github-event'] === event);
      if (found) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

function jwt(app: CreatedApp, nowS = Math.floor(Date.now() / 1000), lifeS = 540): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: nowS - 60, exp: nowS + lifeS, iss: app.id })}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(app.privateKey).toString('base64url')}`;
}

describe('a simulated GitHub', () => {
  const listener = new Listener();
  let github: GitHubSimulator;
  let app: CreatedApp;
  let kim: CreatedUser;
  let folder: string;

  beforeAll(async () => {
    const hookUrl = await listener.start();
    github = await startGitHubSimulator();
    folder = await mkdtemp(join(tmpdir(), 'simulator-spec-'));
    kim = await github.control.createUser({ login: 'kim' });
    await github.control.createOrganization({ login: 'acme', members: { kim: 'admin' } });
    await github.control.createRepository({ owner: 'acme', name: 'widget', files: { '.gitlab-ci.yml': 'job:\n  script: true\n' } });
    app = await github.control.createApp({
      owner: 'acme',
      name: 'Crosstie',
      hookUrl,
      callbackUrls: ['http://localhost:8080/auth/callback'],
      permissions: { contents: 'read', statuses: 'write' },
      events: ['push'],
    });
    await github.control.install({ app: app.slug, account: 'acme' });
  });

  afterAll(async () => {
    await github.close();
    await listener.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const api = (path: string, token: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${github.apiUrl}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });

  it('turns a push by real git into one signed delivery', async () => {
    const url = `${github.url.replace('//', `//kim:${kim.token}@`)}/acme/widget.git`;
    await run('git', ['clone', '-q', url, 'widget'], { cwd: folder });
    const work = join(folder, 'widget');
    await writeFile(join(work, 'a.txt'), 'hello');
    await run('git', ['add', '.'], { cwd: work });
    await run('git', ['-c', 'user.name=Kim', '-c', `user.email=${kim.email}`, 'commit', '-qm', 'Say hello'], { cwd: work });
    await run('git', ['push', '-q', 'origin', 'HEAD'], { cwd: work });

    const { headers, body } = await listener.next('push');

    const signature = createHmac('sha256', app.webhookSecret ?? '').update(body).digest('hex');
    expect(headers['x-hub-signature-256']).toBe(`sha256=${signature}`);
    expect(JSON.parse(body.toString())).toMatchObject({
      ref: 'refs/heads/main',
      created: false,
      forced: false,
      commits: [{ message: 'Say hello', added: ['a.txt'], author: { username: 'kim' } }],
      sender: { id: kim.id },
    });
  });

  it('lets an installation token read and post a verdict', async () => {
    const [installation] = await github.control.installations();
    const answer = await api(`/app/installations/${installation?.id}/access_tokens`, jwt(app), { method: 'POST' });
    const { token } = (await answer.json()) as { token: string };
    expect(answer.status).toBe(201);
    expect(token.length).toBeGreaterThan(450);
    const file = await api('/repos/acme/widget/contents/.gitlab-ci.yml', token, {
      headers: { accept: 'application/vnd.github.raw+json' },
    });
    expect(await file.text()).toBe('job:\n  script: true\n');
    const sha = (await github.control.refs('acme/widget'))['refs/heads/main'];
    const status = await api(`/repos/acme/widget/statuses/${sha}`, token, {
      method: 'POST',
      body: JSON.stringify({ state: 'pending', context: 'crosstie' }),
    });
    expect(status.status).toBe(201);
    expect(await github.control.statuses('acme/widget')).toMatchObject([{ state: 'pending', creator: 'crosstie[bot]' }]);
  });
});
