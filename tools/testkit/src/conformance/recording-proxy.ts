import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call of a runner, as it went over the wire. */
export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The first 64 KiB. */
  body: string;
  /** Null while it is not answered. */
  status: number | null;
  answer: IncomingMessage['headers'];
  readonly at: number;
  /** Its runner went away before the answer. */
  aborted: boolean;
}

/** Answers a call instead of the server, delays it (a promise), or lets it pass (null). */
export type Interference = (call: Call) => Promise<void> | { status: number; headers?: Record<string, string> } | null;

export interface RecordingProxy {
  readonly url: string;
  readonly calls: readonly Call[];
  /** Asked before each call is passed on. */
  interfere(with_: Interference): void;
  close(): Promise<void>;
}

const bodyBytesMax = 64 * 1024;

/** Stands between runners and a server, and remembers what they say to each other. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const calls: Call[] = [];
  const rules: Interference[] = [];
  const server = createServer((incoming, outgoing) => {
    const call = begin(incoming);
    calls.push(call);
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) call.aborted = true;
    });
    pass(target, rules, call, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    interfere: (rule) => void rules.push(rule),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function begin(incoming: IncomingMessage): Call {
  const { method = '', url = '', headers } = incoming;
  return { method, path: url, headers, body: '', status: null, answer: {}, at: Date.now(), aborted: false };
}

async function pass(
  target: string,
  rules: readonly Interference[],
  call: Call,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const isJson = call.headers['content-type']?.startsWith('application/json') ?? false;
  // Rules look at what is in a body of JSON; anything else passes as it comes.
  const whole = isJson ? await bytesOf(incoming) : null;
  call.body = whole?.subarray(0, bodyBytesMax).toString() ?? '';
  for (const rule of rules) {
    const said = rule(call);
    if (said instanceof Promise) await said;
    else if (said) {
      if (!whole) incoming.resume();
      call.status = said.status;
      outgoing.writeHead(said.status, said.headers).end();
      return;
    }
  }
  const onward = request(target + call.path, { method: call.method, headers: call.headers });
  outgoing.once('close', () => onward.destroy());
  onward.once('error', () => outgoing.destroy());
  onward.once('response', (answer) => {
    call.status = answer.statusCode ?? 0;
    call.answer = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  if (whole) onward.end(whole);
  else incoming.pipe(onward);
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}
