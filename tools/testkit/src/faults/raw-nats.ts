import { once } from 'node:events';
import { connect } from 'node:net';

import type { NatsUnderTest } from '../distributed/nats-under-test.js';
import { until } from '../until.js';

/** What is put on the bus by hand. */
export interface RawMessage {
  readonly subject: string;
  readonly body: unknown;
}

/**
 * Puts messages on the bus as a service's user, without the numbers by which JetStream knows a repeated one. Throws
 * when nats-server does not take one of them.
 */
export async function publishByHand(nats: NatsUnderTest, service: string, messages: readonly RawMessage[]) {
  const { username: user, password: pass } = new URL(await nats.urlFor(service));
  const socket = connect(nats.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`CONNECT ${JSON.stringify({ verbose: false, user, pass })}\r\n`);
  for (const { subject, body } of messages) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    socket.write(`PUB ${subject} ${Buffer.byteLength(text)}\r\n${text}\r\n`);
  }
  socket.write('PING\r\n');
  await until(() => /PONG|-ERR/.test(heard), 'nats-server to answer');
  socket.destroy();
  if (heard.includes('-ERR')) throw new Error(heard.slice(heard.indexOf('-ERR')));
}
