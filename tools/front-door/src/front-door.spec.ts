import { once } from 'node:events';
import { createServer, get, type IncomingMessage, request, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterAll, afterEach, describe, expect, it } from '@jest/globals';

import { type FrontDoor, startFrontDoor, type Upstreams } from './front-door.js';

function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

describe('the front door', () => {
  const servers: Server[] = [];
  let door: FrontDoor;

  afterEach(() => door.close());
  afterAll(() => {
    for (const server of servers) server.closeAllConnections();
    for (const server of servers) server.close();
  });

  async function upstream(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const named = (name: string): Promise<string> =>
    upstream((incoming, answer) => answer.end(`${name} ${incoming.method} ${incoming.url}`));
  const openAt = async (services: Upstreams): Promise<void> => {
    door = await startFrontDoor({ port: 0, services });
  };
  const read = async (path: string, method = 'GET'): Promise<string> =>
    (await fetch(door.url + path, { method })).text();

  it('asks the service that the route file names, with the path as it came', async () => {
    await openAt({
      'webhook-gateway': await named('gateway'),
      'runner-api': await named('runners'),
      'identity-linker': await named('people'),
      'pipeline-orchestrator': await named('pipelines'),
    });
    expect(await read('/webhooks/github', 'POST')).toBe('gateway POST /webhooks/github');
    expect(await read('/api/v4/jobs/request', 'POST')).toBe('runners POST /api/v4/jobs/request');
    expect(await read('/auth/terms?next=%2F')).toBe('people GET /auth/terms?next=%2F');
    expect(await read('/api/v4/projects/acme%2Fwidget/members')).toBe(
      'people GET /api/v4/projects/acme%2Fwidget/members',
    );
    expect(await read('/api/v4/projects/acme%2Fwidget?a=%20+b')).toBe(
      'pipelines GET /api/v4/projects/acme%2Fwidget?a=%20+b',
    );
  });

  it('passes a body on while it comes, byte for byte, and the answer while it goes', async () => {
    const first = signal();
    const address = await upstream((incoming, answer) => {
      answer.writeHead(200, { 'content-type': 'application/octet-stream' });
      incoming.on('data', (chunk: Buffer) => {
        answer.write(chunk);
        first.resolve();
      });
      incoming.on('end', () => answer.end());
    });
    await openAt({ 'pipeline-orchestrator': address });
    const outgoing = request(`${door.url}/echo`, { method: 'PUT' });
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    outgoing.write(bytes);
    // The other side has the first piece although the body has not ended.
    await first.promise;
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const [piece] = (await once(answer, 'data')) as [Buffer];
    expect(piece.equals(bytes)).toBe(true);
    outgoing.end('the end');
    expect(await text(answer)).toBe('the end');
  });

  it('takes a held request along when its client goes away', async () => {
    const held = signal();
    const gone = signal();
    const address = await upstream((incoming) => {
      held.resolve();
      incoming.socket.once('close', () => gone.resolve());
    });
    await openAt({ 'pipeline-orchestrator': address });
    const client = get(`${door.url}/held`);
    client.on('error', () => undefined);
    await held.promise;
    client.destroy();
    await gone.promise;
  });

  it('cuts an answer short when its service dies in the middle of it', async () => {
    const address = await upstream((incoming, answer) => {
      answer.writeHead(200, { 'content-length': '100' });
      answer.write('half', () => incoming.socket.destroy());
    });
    await openAt({ 'pipeline-orchestrator': address });
    await expect(read('/half')).rejects.toThrow();
  });

  it('answers 502 where nobody listens, 503 where there is no service, and goes round its replicas', async () => {
    const dead = await named('dead');
    servers.pop()?.close();
    const services = { 'pipeline-orchestrator': [dead, await named('alive')] };
    await openAt(services);
    expect((await fetch(`${door.url}/webhooks/github`)).status).toBe(503);
    const statuses = new Set<number>();
    while (statuses.size < 2) statuses.add((await fetch(door.url)).status);
    expect([...statuses].sort((a, b) => a - b)).toEqual([200, 502]);
    const next = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(door.url)).status));
    expect(next).toEqual([200, 200, 200, 200]);
  });
});
