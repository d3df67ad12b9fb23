import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OutboundError, fetchOnce, retrying } from './outbound.js';

describe('a call to the outside', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url?.startsWith('/silent')) return;
      if (request.url?.startsWith('/packed')) {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('a'.repeat(5000)));
        return;
      }
      if (request.url?.startsWith('/cut')) {
        response.writeHead(200, { 'content-length': '10' }).write('abc', () => response.destroy());
        return;
      }
      if (request.url?.startsWith('/said')) {
        request.pipe(response.writeHead(200, { 'x-said': `${request.method} ${String(request.headers['x-a'])}` }));
        return;
      }
      if (request.url?.startsWith('/large')) response.end(Buffer.alloc(1000));
      else response.writeHead(302, { location: '/other' }).end('body');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it('gives the answer, whatever its status, and follows no redirect', async () => {
    const { status, body } = await fetchOnce(`${url}/x`, { timeoutMs: 1000 });
    expect([status, body.toString()]).toEqual([302, 'body']);
  });

  it('sends what it is given, and gives an answer that was packed as it was before', async () => {
    const said = await fetchOnce(`${url}/said`, {
      method: 'POST',
      headers: { 'x-a': 'b' },
      body: 'ä',
      timeoutMs: 1000,
    });
    expect([said.headers.get('x-said'), said.body.toString()]).toEqual(['POST b', 'ä']);
    const packed = await fetchOnce(`${url}/packed`, { timeoutMs: 1000 });
    expect(packed.body.toString()).toBe('a'.repeat(5000));
    const bomb = fetchOnce(`${url}/packed`, { timeoutMs: 1000, answerBytesMax: 4999 });
    await expect(bomb).rejects.toMatchObject({ kind: 'too_large' });
  });

  it('takes no answer that is cut off, and ends when it is told to', async () => {
    await expect(fetchOnce(`${url}/cut`, { timeoutMs: 1000 })).rejects.toMatchObject({ kind: 'connection' });
    const ending = new AbortController();
    const call = fetchOnce(`${url}/silent`, { timeoutMs: 10_000, signal: ending.signal });
    ending.abort();
    await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('ends in time, with an error that does not show the query', async () => {
    const call = fetchOnce(`${url}/silent?code=canary`, { timeoutMs: 30 });
    await expect(call).rejects.toMatchObject({ kind: 'timeout', message: expect.not.stringContaining('canary') });
  });

  it('ends when the answer is larger than expected, and when nobody listens', async () => {
    await expect(fetchOnce(`${url}/large`, { timeoutMs: 1000, answerBytesMax: 10 })).rejects.toMatchObject({
      kind: 'too_large',
    });
    await expect(fetchOnce('http://127.0.0.1:1/', { timeoutMs: 1000 })).rejects.toBeInstanceOf(OutboundError);
  });
});

describe('retrying', () => {
  const options = { attempts: 3, baseMs: 1, retryable: () => true };

  it('ends with the first success', async () => {
    const result = await retrying(async (n) => {
      if (n < 3) throw new Error('not yet');
      return n;
    }, options);
    expect(result).toBe(3);
  });

  it('ends with the last error when the attempts are used up, and at once with one that cannot be helped', async () => {
    let attempts = 0;
    const fail = async () => {
      attempts++;
      throw new Error(`attempt ${attempts}`);
    };
    await expect(retrying(fail, options)).rejects.toThrow('attempt 3');
    await expect(retrying(fail, { ...options, retryable: () => false })).rejects.toThrow('attempt 4');
  });
});
