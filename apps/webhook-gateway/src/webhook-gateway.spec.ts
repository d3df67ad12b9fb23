import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { attachBus } from '@crosstie/messaging';
import { Secret, armFaults, loadConfig, metrics, startService } from '@crosstie/platform';
import type { RunningService } from '@crosstie/platform';
import { freshDatabase, testContext, until } from '@crosstie/testkit';
import type { FreshDatabase, TestContext } from '@crosstie/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebhookGatewayModule } from './index.js';

const current = new Secret('the-current-secret');
const previous = new Secret('the-previous-secret');
const mebibyte = 1024 * 1024;
const push = Buffer.from('{"ref":"refs/heads/main","after":"x"}');

const sign = (body: Buffer, secret = current) =>
  `sha256=${createHmac('sha256', secret.reveal()).update(body).digest('hex')}`;

interface Post {
  headers?: Record<string, string>;
  guid?: string;
  event?: string;
  signature?: string;
}

let database: FreshDatabase;
let proxy: Proxy;
let context: TestContext;
let service: RunningService;
let slowAnswer: Promise<{ text: string; afterMs: number }>;

beforeAll(async () => {
  database = await freshDatabase();
  proxy = await Proxy.before(database.url);
  const github = { ...loadConfig({}).github, webhookSecrets: [current, previous] };
  context = await testContext({ services: ['webhook-gateway'], databaseUrl: proxy.url, config: { github } });
  service = await startService({
    name: 'webhook-gateway',
    module: WebhookGatewayModule.register(context),
    config: context.config,
    logger: context.logger,
    ownsProcess: false,
    prepare: (app) => attachBus(app, context, ['webhook-gateway']),
    onStopped: () => context.stop(),
  });
  slowAnswer = postSlowly(service.url);
});
afterAll(async () => {
  await service.stop();
  await proxy.close();
  await database.drop();
});
afterEach(() => armFaults(''));

function post(body: Buffer<ArrayBuffer>, { guid = randomUUID(), event = 'push', signature, headers }: Post = {}) {
  return fetch(`${service.url}/webhooks/github`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': guid,
      'x-hub-signature-256': signature ?? sign(body),
      ...headers,
    },
  });
}

async function rows(guid: string) {
  const sql = 'SELECT id, host, event, body, body_size, body_sha256, state FROM webhook_delivery WHERE guid = $1';
  return (await context.database.pool.query(sql, [guid])).rows;
}

async function eventsOf(guid: string): Promise<{ type: string }[]> {
  const sql = `SELECT type FROM outbox_event WHERE (payload->>'deliveryId')::bigint IN
               (SELECT id FROM webhook_delivery WHERE guid = $1)`;
  return (await context.database.pool.query(sql, [guid])).rows;
}

async function countAll(): Promise<number> {
  return (await context.database.pool.query('SELECT count(*)::int AS n FROM webhook_delivery')).rows[0].n;
}

async function refused(reason: string): Promise<number> {
  const line = (await metrics.text())
    .split('\n')
    .find((text) => text.startsWith(`webhook_rejected_total{reason="${reason}"}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('a signed delivery', () => {
  it('is stored as the bytes that came, with its event, and answered 202', async () => {
    const guid = randomUUID();
    const answer = await post(push, { guid });
    expect([answer.status, await answer.text()]).toEqual([202, '']);
    const [row, ...more] = await rows(guid);
    expect(more).toEqual([]);
    expect(gunzipSync(row.body)).toEqual(push);
    expect(row).toMatchObject({ host: 'github.com', event: 'push', body_size: push.length, state: 'received' });
    expect(await eventsOf(guid)).toEqual([{ type: 'github.push' }]);
  });

  it('holds with the previous secret too', async () => {
    expect((await post(push, { signature: sign(push, previous) })).status).toBe(202);
  });

  it('of a kind that nothing reads is stored as well', async () => {
    const guid = randomUUID();
    expect((await post(push, { guid, event: 'star' })).status).toBe(202);
    expect(await eventsOf(guid)).toEqual([{ type: 'github.other' }]);
  });

  it('a payload of 20 MB', async () => {
    const body = Buffer.from(JSON.stringify({ noise: randomBytes(10_000_000).toString('hex') }));
    const guid = randomUUID();
    expect((await post(body, { guid })).status).toBe(202);
    const [row] = await rows(guid);
    expect(gunzipSync(row.body).equals(body)).toBe(true);
  });

  it('the same delivery twice at the same moment', async () => {
    const guid = randomUUID();
    const answers = await Promise.all([post(push, { guid }), post(push, { guid })]);
    expect(answers.map((answer) => answer.status)).toEqual([202, 202]);
    expect(await rows(guid)).toHaveLength(1);
    expect(await eventsOf(guid)).toHaveLength(1);
  });

  it('a signed body that is not JSON', async () => {
    const guid = randomUUID();
    expect((await post(Buffer.from('{'), { guid })).status).toBe(202);
    expect(await rows(guid)).toHaveLength(1);
  });

  it('[W7] the same number 50 times in parallel is one row, and the same body under a new number is another', async () => {
    const guid = randomUUID();
    const again = randomUUID();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(push, { guid })));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    expect(await rows(guid)).toHaveLength(1);
    expect((await post(push, { guid: again })).status).toBe(202);
    // The same digest is what the intake tells a replayed body by.
    expect((await rows(again))[0].body_sha256).toEqual((await rows(guid))[0].body_sha256);
    expect((await post(Buffer.from('{"zen":"x"}'), { event: 'push' })).status).toBe(202);
  });

  it('[W4] is verified over its bytes, also where they are not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from('fffe', 'hex'), Buffer.from('"}')]);
    const guid = randomUUID();
    expect((await post(bytes, { guid })).status).toBe(202);
    expect(gunzipSync((await rows(guid))[0].body)).toEqual(bytes);
    const signature = sign(Buffer.from(bytes.toString('utf8')));
    expect((await post(bytes, { signature })).status).toBe(401);
  });
});

describe('a request that is refused', () => {
  it('[W1] without a signature that holds is answered 401, counted, and stores nothing', async () => {
    const before = await countAll();
    const counts = async () =>
      (await refused('signature_missing')) +
      (await refused('signature_malformed')) +
      (await refused('signature_wrong'));
    const counted = await counts();
    const sha1 = `sha1=${createHmac('sha1', current.reveal()).update(push).digest('hex')}`;
    const bad = ['', sha1, sign(push).slice(0, -2), sign(push, new Secret('other')), `${sign(push)}, ${sign(push)}`];
    for (const signature of bad) expect((await post(push, { signature })).status).toBe(401);
    expect((await post(push, { signature: '', headers: { 'x-hub-signature': sha1 } })).status).toBe(401);
    expect(await countAll()).toBe(before);
    expect((await counts()) - counted).toBe(6);
  });

  it('[W1] that is no POST is answered 405', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${service.url}/webhooks/github`, { method, headers });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it('[W2] with an odd signature is answered 401 and never 500', async () => {
    for (const hex of ['', 'ab', 'ab'.repeat(31), 'ab'.repeat(33), 'ab'.repeat(1000), 'z'.repeat(64)]) {
      expect((await post(push, { signature: `sha256=${hex}` })).status).toBe(401);
    }
    expect((await post(push, { signature: sign(push).toUpperCase().replace('SHA256', 'sha256') })).status).toBe(401);
  });

  it('[W6] as a form or as text is answered 415 with what to change, and stores nothing', async () => {
    const before = await countAll();
    const form = Buffer.from(`payload=${encodeURIComponent(push.toString())}`);
    for (const type of ['application/x-www-form-urlencoded', 'text/plain']) {
      const answer = await post(form, { headers: { 'content-type': type } });
      expect(answer.status).toBe(415);
      expect(await answer.text()).toContain('content type of the webhook to application/json');
    }
    expect(await countAll()).toBe(before);
  });

  it('without a usable number or event is answered 400', async () => {
    expect((await post(push, { guid: '' })).status).toBe(400);
    expect((await post(push, { guid: 'x'.repeat(4096) })).status).toBe(400);
    expect((await post(push, { event: 'push, push' })).status).toBe(400);
  });
});

describe('too much or too slow', () => {
  it('[W5] 27 MiB is answered 413 before the end is read', async () => {
    const header = `POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    expect((await raw(`${header}Content-Length: ${27 * mebibyte}\r\n\r\n{`)).text).toMatch(/^HTTP\/1.1 413/);
    const chunk = `${mebibyte.toString(16)}\r\n${'x'.repeat(mebibyte)}\r\n`;
    const chunked = `${header}Transfer-Encoding: chunked\r\n\r\n`;
    const oneMore = await raw(`${chunked}1\r\nx\r\n`, { chunk, times: 26 });
    expect(oneMore.text).toMatch(/^HTTP\/1.1 413/);
    const endless = await raw(chunked, { chunk, times: 200 });
    expect(endless.sent).toBeLessThan(60);
  });

  it('[W3] 10,000 odd requests leave the service alive', async () => {
    const lost: unknown[] = [];
    const note = (reason: unknown) => lost.push(reason);
    process.on('unhandledRejection', note);
    for (let round = 0; round < 100; round++) {
      const odd = Array.from({ length: 100 }, (_, n) => oddRequest(round * 100 + n));
      await Promise.all(odd.map((text) => raw(text, undefined, 50)));
    }
    process.off('unhandledRejection', note);
    expect(lost).toEqual([]);
    expect((await post(push)).status).toBe(202);
  }, 60_000);

  it('[W5] a body of one byte a second is ended after 10 s', async () => {
    const { text, afterMs } = await slowAnswer;
    expect(text).toMatch(/^HTTP\/1.1 408/);
    expect(afterMs).toBeGreaterThan(9_000);
    expect(afterMs).toBeLessThan(13_000);
  });

  it('[W5] 200 bodies of 25 MiB at once stay below a ceiling of memory', async () => {
    const before = process.memoryUsage.rss();
    let highest = before;
    const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 20);
    const header = `POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${25 * mebibyte}\r\n\r\n`;
    const chunk = 'x'.repeat(mebibyte);
    const answers = await Promise.all(Array.from({ length: 200 }, () => raw(header, { chunk, times: 25 })));
    clearInterval(watch);
    const refusals = answers.filter(({ text }) => /^HTTP\/1.1 (401|408|503)/.test(text) || text === '');
    expect(refusals).toHaveLength(200);
    expect(highest - before).toBeLessThan(900 * mebibyte);
    expect((await post(push)).status).toBe(202);
  });
});

describe('when something breaks', () => {
  it('[F1] before the insert, nothing is stored, and the next delivery of it is taken', async () => {
    armFaults('gateway.before_insert=drop@1');
    const guid = randomUUID();
    await expect(post(push, { guid })).rejects.toThrow();
    expect(await rows(guid)).toHaveLength(0);
    expect((await post(push, { guid })).status).toBe(202);
    expect(await rows(guid)).toHaveLength(1);
  });

  it('[F2] between commit and answer, the redelivery changes nothing and the event goes out once', async () => {
    armFaults('gateway.after_insert=drop@1');
    const guid = randomUUID();
    await expect(post(push, { guid })).rejects.toThrow();
    expect(await rows(guid)).toHaveLength(1);
    expect((await post(push, { guid })).status).toBe(202);
    expect(await eventsOf(guid)).toHaveLength(1);
  });

  it('[F3] without PostgreSQL each push is answered 503 within 2 s, and all are taken when it is back', async () => {
    const guids = Array.from({ length: 20 }, () => randomUUID());
    await proxy.cut();
    const began = performance.now();
    const answers = await Promise.all(guids.map((guid) => post(push, { guid })));
    expect(answers.map((answer) => answer.status)).toEqual(guids.map(() => 503));
    expect(performance.now() - began).toBeLessThan(4_000);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
    await proxy.open();
    const later = await Promise.all(guids.map((guid) => post(push, { guid })));
    expect(later.map((answer) => answer.status)).toEqual(guids.map(() => 202));
    await until(async () => (await fetch(`${service.url}/readyz`)).status === 200, 'readiness to come back');
  });

  it('[F4] with every connection taken each push is answered 503 within about 2 s, and none piles up', async () => {
    const { pool } = context.database;
    const taken = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
    const began = performance.now();
    const answers = await Promise.all(Array.from({ length: 40 }, () => post(push)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([503]));
    expect(performance.now() - began).toBeLessThan(6_000);
    for (const client of taken) client.release();
    expect((await post(push)).status).toBe(202);
  });
});

/** Sends text over a socket of its own and answers what came back until the connection ended. */
function raw(head: string, more: { chunk: string; times: number } = { chunk: '', times: 0 }, waitMs = 500) {
  const { hostname, port } = new URL(service.url);
  return new Promise<{ text: string; sent: number }>((resolve) => {
    let text = '';
    let sent = 0;
    const socket: Socket = connect(Number(port), hostname);
    const write = (failure?: Error | null): void => {
      if (failure || text !== '' || socket.destroyed || sent >= more.times) return;
      sent++;
      socket.write(more.chunk, write);
    };
    socket.on('connect', () => socket.write(head, write));
    socket.on('data', (part) => {
      text += part.toString('latin1');
      socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ text, sent }));
    socket.setTimeout(waitMs + more.times * 400, () => socket.destroy());
  });
}

/** A request with something wrong in it; the number decides what. */
function oddRequest(n: number): string {
  const line = ['POST', 'GET', 'BREW', 'POST'][n % 4];
  const extra = [
    `X-GitHub-Delivery: ${'g'.repeat(4096)}`,
    'X-GitHub-Event: push\r\nX-GitHub-Event: ping',
    'Content-Length: -1',
    'Content-Length: 5\r\nContent-Length: 7',
    'Expect: 100-continue',
    'Transfer-Encoding: chunked\r\nTrailer: X-Late',
    `X-Hub-Signature-256: sha256=${'\u0000'.repeat(n % 5)}`,
    'X-Hub-Signature-256: sha256=',
    'Content-Type: application/json; charset=utf-8; charset=x',
    `Cookie: ${'='.repeat(n % 300)}`,
    'Content-Encoding: gzip',
  ][n % 11];
  const body = ['', '{', '5\r\nhello\r\n0\r\nX-Late: 1\r\n\r\n', '\u0000\u0000'][n % 4];
  return `${line} /webhooks/github HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${extra}\r\n\r\n${body}`;
}

function postSlowly(url: string): Promise<{ text: string; afterMs: number }> {
  const { hostname, port } = new URL(url);
  const began = performance.now();
  return new Promise((resolve) => {
    let text = '';
    const head = `POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n`;
    const socket = connect(Number(port), hostname, () => socket.write(head));
    const drip = setInterval(() => socket.write('{'), 1_000);
    socket.on('data', (part) => (text += part.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      resolve({ text, afterMs: performance.now() - began });
    });
  });
}

/** A way to PostgreSQL that can be cut. */
class Proxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  private port = 0;

  private constructor(private readonly target: URL) {}

  static async before(databaseUrl: string): Promise<Proxy> {
    const proxy = new Proxy(new URL(databaseUrl));
    await proxy.open();
    return proxy;
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  async open(): Promise<void> {
    const server = createServer((inside) => {
      const outside = connect(Number(this.target.port), this.target.hostname);
      for (const socket of [inside, outside]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          inside.destroy();
          outside.destroy();
        });
      }
      inside.pipe(outside).pipe(inside);
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  async cut(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.server?.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
    await ended;
  }

  close(): Promise<void> {
    return this.cut();
  }
}
