import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export type Route = (call: Call) => Answer | undefined | Promise<Answer | undefined>;

/**
 * A server that speaks just enough of the runner protocol: it hands out queued jobs, keeps logs
 * by offset, remembers every call, and lets a test answer first.
 */
export async function startScriptedServer() {
  const calls: Call[] = [];
  const queue: unknown[] = [];
  const routes: Route[] = [];
  const logs = new Map<string, Buffer>();
  const watchers = new Set<() => void>();

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const call: Call = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts),
      };
      calls.push(call);
      void respond(call, response);
    });
  });

  async function respond(call: Call, response: ServerResponse): Promise<void> {
    const answer = await decide(call);
    response.writeHead(answer.status, answer.headers).end(answer.body);
    for (const look of watchers) look();
  }

  async function decide(call: Call): Promise<Answer> {
    for (const route of routes) {
      const answer = await route(call);
      if (answer) return answer;
    }
    return byDefault(call);
  }

  function byDefault(call: Call): Answer {
    const json = { 'Content-Type': 'application/json' };
    if (call.path === '/api/v4/runners/verify') return { status: 200, headers: json, body: '{"id":1,"token":"t"}' };
    if (call.path === '/api/v4/jobs/request') {
      const job = queue.shift();
      return job ? { status: 201, headers: json, body: JSON.stringify(job) } : { status: 204 };
    }
    if (call.method === 'PATCH') return append(call);
    return { status: call.method === 'POST' ? 201 : 200, headers: { 'Job-Status': 'running' } };
  }

  function append(call: Call): Answer {
    const id = /jobs\/(\d+)/.exec(call.path)?.[1] ?? '';
    const log = logs.get(id) ?? Buffer.alloc(0);
    const start = Number.parseInt(String(call.headers['content-range']), 10);
    if (start !== log.length) return { status: 416, headers: { Range: `0-${log.length}` } };
    logs.set(id, Buffer.concat([log, call.body]));
    return { status: 202, headers: { Range: `0-${log.length + call.body.length}`, 'Job-Status': 'running' } };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    routes,
    logs,
    give: (job: unknown) => void queue.push(job),
    log: (id: number) => logs.get(String(id))?.toString() ?? '',
    /** The bodies of the PUTs about a job, in order. */
    puts: (id: number) =>
      calls
        .filter(({ method, path }) => method === 'PUT' && path === `/api/v4/jobs/${id}`)
        .map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>),
    /** Waits until `condition` holds; it is looked at after every answer. */
    until: (condition: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!condition()) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
