import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { recordingFetch, type RecordEntry } from './recording-fetch.js';

export interface RecordingProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** What belongs to one connection, and what changes when a body is read whole. */
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'keep-alive']);

/** Stands before a server and writes down what a runner that is not ours says and hears. */
export async function startRecordingProxy(
  target: string,
  write: (entry: RecordEntry) => void,
): Promise<RecordingProxy> {
  const recorded = recordingFetch(write);
  const server = createServer((request, response) => {
    // A runner that is killed, or a server that is, ends the connection, as it would without a proxy.
    pass(`${target}${request.url}`, request, response, recorded).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function pass(url: string, request: IncomingMessage, response: ServerResponse, via: typeof fetch): Promise<void> {
  const body = Buffer.concat((await request.toArray()) as Buffer[]);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const method = request.method ?? 'GET';
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (!ownHeaders.has(name) && value !== undefined) headers.set(name, String(value));
  }
  // The record reads what runners send as text or as bytes, as they do.
  const isText = headers.get('content-type')?.includes('json') ?? false;
  const content = method === 'GET' ? undefined : isText ? body.toString() : new Uint8Array(body);
  const answer = await via(url, { method, headers, body: content, signal: gone.signal, redirect: 'manual' });
  const told = Object.fromEntries(
    [...answer.headers].filter(([name]) => !ownHeaders.has(name) && name !== 'content-encoding'),
  );
  response.writeHead(answer.status, told);
  response.end(Buffer.from(await answer.arrayBuffer()));
}
