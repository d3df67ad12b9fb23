import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serviceNames, wordsToldBy } from '@crosstie/messaging';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { until } from '../until.js';
import { natsIsThere, NatsUnderTest } from './nats-under-test.js';

const present = await natsIsThere();

/** What the users of the deployment may not do; that they may do enough is the main job's to show. */
(present ? describe : describe.skip)("the deployment's NATS users", () => {
  let directory: string;
  let nats: NatsUnderTest;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crosstie-nats-users-'));
    nats = await NatsUnderTest.start(directory);
  });

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await nats?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** Speaks the protocol by hand. @returns everything the server has said once it has answered the last PING */
  async function speak(service: string | null, ...lines: string[]): Promise<string> {
    const { username, password } = service === null ? new URL('nats://none') : new URL(await nats.urlFor(service));
    const user = service === null ? {} : { user: username, pass: password };
    const socket = connect(nats.port, '127.0.0.1');
    sockets.push(socket);
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const said = [`CONNECT ${JSON.stringify({ verbose: false, ...user })}`, ...lines, 'PING', ''].join('\r\n');
    socket.write(said);
    return until(() => /PONG|Authorization Violation/.test(heard) && heard, 'the server to answer');
  }

  it('let nobody in without a password', async () => {
    expect(await speak(null)).toContain('Authorization Violation');
  });

  it('let only identity-linker hear what is asked about tokens and rights', async () => {
    for (const subject of ['crosstie-ask.token.lease', 'crosstie-ask.>', '>']) {
      expect(await speak('runner-api', `SUB ${subject} 1`)).toContain('Permissions Violation for Subscription');
    }
    expect(await speak('identity-linker', 'SUB crosstie-ask.token.lease 1')).not.toContain('-ERR');
  });

  it('let nobody speak beside the subjects of Crosstie', async () => {
    expect(await speak('webhook-gateway', 'PUB elsewhere 0', '')).toContain('Permissions Violation for Publish');
  });

  it('let each service tell what it does itself, and nothing else (N3)', async () => {
    const words = [...new Set(Object.values(wordsToldBy).flat())];
    for (const service of serviceNames) {
      for (const word of words) {
        const heard = await speak(service, `PUB crosstie.${word}.something 0`, '');
        expect({ service, word, may: !heard.includes('Permissions Violation for Publish') }).toEqual({
          service,
          word,
          may: wordsToldBy[service].includes(word),
        });
      }
    }
    expect(wordsToldBy['webhook-gateway']).not.toContain('job');
  });

  it.each(['STREAM.DELETE.CROSSTIE', 'STREAM.PURGE.CROSSTIE', 'STREAM.MSG.GET.CROSSTIE', 'STREAM.UPDATE.CROSSTIE'])(
    'let nobody ask for $JS.API.%s, nor read by the durable of another (N3)',
    async (call) => {
      for (const service of serviceNames) {
        const others = serviceNames.filter((name) => name !== service);
        const asked = [call, ...others.map((name) => `CONSUMER.MSG.NEXT.CROSSTIE.${name}`)];
        for (const each of asked) {
          expect(await speak(service, `PUB $JS.API.${each} 0`, '')).toContain('Permissions Violation for Publish');
        }
      }
    },
  );
});
