import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { until } from '../until.js';
import { TcpProxy } from './tcp-proxy.js';

describe('the wire that a storm makes a bad one', () => {
  let echo: Server;
  let proxy: TcpProxy;
  let client: Socket;
  let heard: string;

  beforeEach(async () => {
    echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const { port } = echo.address() as AddressInfo;
    proxy = await TcpProxy.start(() => port);
    heard = '';
    client = connect(proxy.port, '127.0.0.1');
    client.on('error', () => undefined).on('data', (piece: Buffer) => (heard += piece.toString()));
    await once(client, 'connect');
  });

  afterEach(async () => {
    client.destroy();
    await proxy.close();
    await new Promise((done) => echo.close(done));
  });

  // `once` of node:events would take a reset for a failure.
  const closeOf = (socket: Socket): Promise<unknown> => new Promise((done) => socket.once('close', done));
  const hears = (text: string): Promise<boolean> => until(() => heard === text, `"${text}"; so far "${heard}"`);

  it('passes both ways, and the end of a side', async () => {
    client.end('hello');
    await closeOf(client);
    expect(heard).toBe('hello');
  });

  it('delays every piece, in order', async () => {
    proxy.set({ kind: 'delay', ms: 30 });
    const began = performance.now();
    client.write('one ');
    client.write('two');
    await hears('one two');
    // There and back.
    expect(performance.now() - began).toBeGreaterThan(55);
  });

  it('resets what is open when it is cut', async () => {
    client.write('here');
    await hears('here');
    const closed = closeOf(client);
    proxy.cut();
    await closed;
  });

  it('swallows in silence, and ends a connection with a hole in it once it heals', async () => {
    client.write('before');
    await hears('before');
    proxy.set({ kind: 'black_hole' });
    client.write('lost');
    const closed = closeOf(client);
    const later = connect(proxy.port, '127.0.0.1');
    later.on('error', () => undefined);
    await once(later, 'connect');
    expect(client.destroyed).toBe(false);
    expect(heard).toBe('before');
    proxy.set({ kind: 'pass' });
    await closed;
    later.destroy();
  });

  it('refuses as its target does when that is away', async () => {
    await new Promise((done) => {
      client.destroy();
      echo.close(done);
    });
    const late = connect(proxy.port, '127.0.0.1');
    late.on('error', () => undefined);
    await closeOf(late);
  });
});
