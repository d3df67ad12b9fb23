import { connect } from 'node:net';
import { All, Body, Controller, Delete, Get, Module, Param, ParseIntPipe, Patch, Post, Query } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsIn, IsString } from 'class-validator';
import { loadConfig } from '../configuration.js';
import { ConnectionDropped } from '../fault-points.js';
import { Logger } from '../logger.js';
import { Forbidden, NotFound } from '../problem.js';
import { startService } from '../service.js';
import type { RunningService } from '../service.js';
import { ReadinessCheck } from './health.js';
import { LimitRoute } from './route-limits.js';

class JobDto {
  @IsString() name!: string;
  @IsIn(['a', 'b']) kind!: string;
}

class Store extends ReadinessCheck {
  readonly name = 'store';
  away = false;
  async check(): Promise<void> {
    if (this.away) throw new Error('store is away');
  }
}
const store = new Store();

@Controller()
class EchoController {
  @Post('echo') echo(@Body() body: unknown): { body: unknown } {
    return { body };
  }
  @Post('api/v4/echo') parameters(@Body() body: unknown): { body: unknown } {
    return { body };
  }
  @Delete('echo') remove(@Body() body: unknown): { body: unknown } {
    return { body };
  }
  @Get('query') query(@Query() query: Record<string, unknown>): Record<string, unknown> {
    return { ...query };
  }
  @Patch('bytes') bytes(@Body() body: Buffer): { size: number; hex: string } {
    return { size: body.length, hex: body.subarray(0, 4).toString('hex') };
  }
  @Get('long/:id') long(@Param('id') id: string): { length: number } {
    return { length: id.length };
  }
  @Get('number/:id') number(@Param('id', ParseIntPipe) id: number): number {
    return id;
  }
  @Post('jobs') job(@Body() job: JobDto): JobDto {
    return job;
  }
  @Get('forbidden') forbidden(): never {
    throw new Forbidden('Your role here is Reporter; ask a Maintainer.');
  }
  @Get('absent') absent(): never {
    throw new NotFound('Project');
  }
  @Get('broken') broken(): never {
    throw Object.assign(new Error('password=hunter2'), { statusCode: 418 });
  }
  @Get('database') database(): never {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
  }
  @Get('nul') nul(): never {
    throw Object.assign(new Error('invalid byte sequence for encoding "UTF8": 0x00'), { code: '22021' });
  }
  @Get('dropped') dropped(): never {
    throw new ConnectionDropped('status.after_post');
  }
  @LimitRoute({ bodyBytesMax: 2_000_000, rawBody: true, mediaTypes: ['application/json'], bodyDeadlineMs: 150 })
  @All('raw')
  raw(@Body() body: Buffer): { isBuffer: boolean; size: number } {
    return { isBuffer: Buffer.isBuffer(body), size: body.length };
  }
  @LimitRoute({ bodyBytesMax: 2_000_000, rawBody: true, inFlightBytesMax: 100_000, perAddressMax: 1 })
  @Post('narrow')
  narrow(@Body() body: Buffer): { size: number } {
    return { size: body.length };
  }
}

@Module({ controllers: [EchoController], providers: [{ provide: Store, useValue: store }] })
class EchoModule {}

describe('the HTTP server that every service has', () => {
  let service: RunningService;
  const call = (path: string, init: RequestInit = {}) => fetch(`${service.url}${path}`, init);
  const post = (path: string, type: string | null, body?: string | Buffer<ArrayBuffer>) =>
    call(path, { method: 'POST', ...(type && { headers: { 'content-type': type } }), ...(body && { body }) });

  beforeAll(async () => {
    const config = loadConfig({ CROSSTIE_PORT: '0', CROSSTIE_LOG_LEVEL: 'silent' });
    service = await startService({
      name: 'echo',
      module: EchoModule,
      config,
      logger: Logger.silent(),
      ownsProcess: false,
    });
  });
  afterAll(() => service.stop());

  it('takes JSON, a form, multipart fields, and JSON without a body', async () => {
    const form = new FormData();
    form.set('variables[a]', '1');
    expect(await (await post('/echo', 'application/json', '{"a":1}')).json()).toEqual({ body: { a: 1 } });
    expect(await (await post('/echo', 'application/json')).json()).toEqual({ body: {} });
    const nested = await post('/echo', 'application/x-www-form-urlencoded', 'scope[]=a&scope[]=b');
    expect(await nested.json()).toEqual({ body: { scope: ['a', 'b'] } });
    expect(await (await call('/echo', { method: 'POST', body: form })).json()).toEqual({
      body: { variables: { a: '1' } },
    });
  });

  it('takes a DELETE with a body and a query that nests', async () => {
    const headers = { 'content-type': 'application/json' };
    const deleted = await call('/echo', { method: 'DELETE', headers, body: '{"filter":{"x":"y"}}' });
    expect(await deleted.json()).toEqual({ body: { filter: { x: 'y' } } });
    expect(await (await call('/query?filter[x]=y&scope=a&scope=b')).json()).toEqual({
      filter: { x: 'y' },
      scope: ['a', 'b'],
    });
  });

  it('takes the parameters of a POST from the query too, where the body says nothing else', async () => {
    expect(await (await post('/api/v4/echo?ref=x&scope[]=a', null)).json()).toEqual({
      body: { ref: 'x', scope: ['a'] },
    });
    const both = await post('/api/v4/echo?ref=x&name=n', 'application/json', '{"ref":"y"}');
    expect(await both.json()).toEqual({ body: { ref: 'y', name: 'n' } });
    expect(await (await post('/api/v4/echo?ref=x', 'application/json', '["a"]')).json()).toEqual({ body: ['a'] });
    expect(await (await post('/echo?ref=x', 'application/json')).json()).toEqual({ body: {} });
  });

  it('keeps the bytes of text and octet streams', async () => {
    for (const type of ['text/plain', 'application/octet-stream']) {
      const body = Buffer.from('fffe00c3', 'hex');
      const answer = await call('/bytes', { method: 'PATCH', headers: { 'content-type': type }, body });
      expect(await answer.json()).toEqual({ size: 4, hex: 'fffe00c3' });
    }
  });

  it('answers bad JSON, an unknown type and a large body with 400, 415 and 413', async () => {
    expect((await post('/echo', 'application/json', '{')).status).toBe(400);
    expect((await post('/echo', 'application/xml', '<a/>')).status).toBe(415);
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=x']) {
      const torn = await post('/echo', type, '--x\r\nno part');
      expect([torn.status, await torn.json()]).toEqual([400, { error: 'The body is not valid multipart' }]);
    }
    const large = await post('/echo', 'application/json', `"${'x'.repeat(1024 * 1024)}"`);
    expect(large.status).toBe(413);
    expect(await large.json()).toEqual({ message: '413 Payload Too Large' });
  });

  it('takes JSON that is nested 32 levels deep, and refuses it with one level more', async () => {
    const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}"]}[{"${'}]'.repeat(levels / 2)}`;
    expect((await post('/echo', 'application/json', nested(32))).status).toBe(201);
    for (const levels of [34, 3200, 300_000]) {
      const answer = await post('/echo', 'application/json', nested(levels).slice(0, 1_000_000));
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('deeper than 32 levels')]);
    }
    expect((await post('/echo', 'application/json', `[${nested(32)}]`)).status).toBe(400);
    // Brackets in a text are no nesting.
    expect((await post('/echo', 'application/json', JSON.stringify({ a: '\\"[{'.repeat(1000) }))).status).toBe(201);
  });

  it('takes 31 KiB of headers and refuses 33 KiB', async () => {
    const withHeader = (kibibytes: number) => call('/query', { headers: { 'x-long': 'x'.repeat(kibibytes * 1024) } });
    expect((await withHeader(31)).status).toBe(200);
    expect((await withHeader(33)).status).toBe(431);
  });

  it('takes path parameters of 1000 characters and refuses longer ones', async () => {
    expect(await (await call(`/long/${'a'.repeat(1000)}`)).json()).toEqual({ length: 1000 });
    expect((await call(`/long/${'a'.repeat(1001)}`)).status).toBe(414);
  });

  it('answers in the shapes that GitLab has', async () => {
    const bodyOf = async (path: string) => (await call(path)).json();
    expect(await bodyOf('/forbidden')).toEqual({
      message: '403 Forbidden - Your role here is Reporter; ask a Maintainer.',
    });
    expect(await bodyOf('/absent')).toEqual({ message: '404 Project Not Found' });
    expect(await bodyOf('/no/such/route')).toEqual({ error: '404 Not Found' });
    expect((await call('/number/x')).status).toBe(400);
    expect(await (await post('/jobs', 'application/json', '{"kind":"c"}')).json()).toEqual({
      error: 'name is missing, kind does not have a valid value',
    });
    expect(await (await post('/jobs', 'application/json', '{"name":"n","kind":"a","other":1}')).json()).toEqual({
      name: 'n',
      kind: 'a',
    });
  });

  it('says nothing of an error that is not a problem, but a reference', async () => {
    const answer = await call('/broken');
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ message: '500 Internal Server Error', reference: expect.any(String) });
  });

  it('answers 503 with a time to come back when the database is away', async () => {
    const answer = await call('/database');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('blames a NUL that the database refuses on who sent it', async () => {
    const answer = await call('/nul');
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'A value holds a NUL character' }]);
  });

  it('destroys the connection where a fault says so', async () => {
    await expect(call('/dropped')).rejects.toThrow();
  });

  it('hands over raw bytes, of the declared types only, in time', async () => {
    expect(await (await post('/raw', 'application/json', '{')).json()).toEqual({ isBuffer: true, size: 1 });
    expect((await post('/raw', 'text/plain', '{')).status).toBe(415);
    expect((await post('/raw', 'application/json', Buffer.alloc(2_000_001))).status).toBe(413);
    expect(await slowPost(service.url, '/raw')).toMatch(/^HTTP\/1.1 408/);
  });

  it('bounds the bytes in flight of a route', async () => {
    expect((await post('/narrow', 'text/plain', 'x')).status).toBe(201);
    await expect(post('/narrow', 'text/plain', Buffer.alloc(1_500_000)).then((answer) => answer.status)).resolves.toBe(
      503,
    );
    expect((await post('/narrow', 'text/plain', 'x')).status).toBe(201);
  });

  it('tells that it lives, and truthfully whether it can serve', async () => {
    expect(await (await call('/healthz')).json()).toEqual({ service: 'echo', pid: process.pid, version: '0.1.0' });
    expect(await (await call('/readyz')).json()).toEqual({ ready: true, checks: { store: 'ok' } });
    store.away = true;
    const answer = await call('/readyz');
    store.away = false;
    expect([answer.status, await answer.json()]).toEqual([503, { ready: false, checks: { store: 'store is away' } }]);
  });
});

describe('the end of a service', () => {
  it('is not held up by a connection that was opened ahead of need', async () => {
    const config = loadConfig({ CROSSTIE_PORT: '0', CROSSTIE_LOG_LEVEL: 'silent' });
    const parts = { name: 'echo', module: EchoModule, config, logger: Logger.silent(), ownsProcess: false };
    const service = await startService(parts);
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    await fetch(`${service.url}/healthz`);
    await service.stop();
    await closed;
  }, 10_000);
});

/** Sends a header that promises ten bytes and only one of them; answers what came back until the close. */
function slowPost(url: string, path: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => {
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{`);
    });
    socket.on('data', (part) => (text += part.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}
