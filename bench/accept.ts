import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type pg from 'pg';

import type { Bench, Ground } from './ground.ts';
import { startGateway, startHouse, webhookSecret } from './house.ts';
import { startProgram } from './processes.ts';
import { inFlight, interleave, oneByOne, type Variant } from './rounds.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const perRound = 40;
const width = 32;

/** Row a: a signed webhook of 20 KB, accepted; against one bare commit and against the shortest honest code. */
export const accept: Bench = {
  quick: true,
  targets: {
    'accept/crosstie': { to: 'commit', p50: 3, p99: 10 },
    'accept/gateway': { to: 'commit', p50: 3, p99: 10 },
    'accept/floor': { to: 'commit', p50: 3, p99: 10 },
    // Throughput at 32 in flight: at least 0.6 of the floor's, so at most 1/0.6 of its time.
    'accept-32/crosstiex32': { to: 'floorx32', p50: 1.667 },
    'accept-32/gatewayx32': { to: 'floorx32', p50: 1.667 },
  },
  async run(ground) {
    const house = await startHouse(ground, 'accept');
    if (!house) return [];
    const floor = await startFloor(ground);
    const gateway = await startGateway(ground);
    const commit = await ground.bareCommit(floor.databaseUrl);
    const posts: [string, string][] = [
      ['floor', floor.url],
      ['crosstie', `${house.hookUrl}/webhooks/github`],
      ...(gateway ? [['gateway', `${gateway.url}/webhooks/github`] as [string, string]] : []),
    ];
    const alone = [
      { bench: 'accept', variant: 'commit', round: () => oneByOne(commit, perRound) },
      ...posts.map(([variant, url]): Variant => {
        return { bench: 'accept', variant, round: () => oneByOne(() => post(url), perRound) };
      }),
    ];
    const together = posts.map(([variant, url]): Variant => {
      const round = () => inFlight(() => post(url), width, perRound * 4);
      return { bench: 'accept-32', variant, conns: width, round };
    });
    const intake = await ground.client(house.databaseUrl);
    return interleave(ground.rounds(10), [...alone, ...together], () => handled(intake));
  },
};

async function startFloor(ground: Ground): Promise<{ url: string; databaseUrl: string }> {
  const databaseUrl = await ground.emptyDatabase('floor_accept');
  const program = join(import.meta.dirname, 'floors/accept.ts');
  const floor = await startProgram([program, databaseUrl, webhookSecret], {}, /\d+\n/);
  ground.after(() => floor.stop());
  return { url: `http://127.0.0.1:${floor.started.trim()}/`, databaseUrl };
}

/** What one variant left to do is not to slow the next one down. */
async function handled(intake: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await intake.query(`SELECT FROM webhook_delivery WHERE state = 'received' LIMIT 1`);
    if (rows.length === 0) return;
    await wait(10);
  }
}

function post(url: string): Promise<void> {
  const body = pushBody();
  return new Promise((done, fail) => {
    const call = request(
      url,
      {
        agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          'x-github-event': 'push',
          'x-github-delivery': randomUUID(),
          'x-github-hook-installation-target-type': 'integration',
          'x-hub-signature-256': `sha256=${createHmac('sha256', webhookSecret).update(body).digest('hex')}`,
          'user-agent': 'GitHub-Hookshot/bench',
        },
      },
      (answer) => {
        answer.resume();
        answer.once('end', () =>
          answer.statusCode === 202 ? done() : fail(new Error(`${url} answered ${answer.statusCode}`)),
        );
      },
    );
    call.once('error', fail);
    call.end(body);
  });
}

/** A push of about 20 KB to a repository that nobody knows; every one is another. */
function pushBody(): Buffer {
  const commits = Array.from({ length: 24 }, (_, at) => ({
    id: randomUUID().replaceAll('-', '').padEnd(40, '0'),
    message: `Change number ${at} of a push that has some length, with a message of a usual size for a commit`,
    timestamp: '2026-11-24T15:00:00Z',
    author: { name: 'Dana Developer', email: 'dana@example.test', username: 'dana' },
    added: ['src/a/file/with/a/path.ts'],
    modified: Array.from({ length: 12 }, (_unused, n) => `src/module-${n}/some-file-that-changed.ts`),
    removed: [],
  }));
  const payload = {
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: '1'.repeat(40),
    repository: { id: 999_999_999, full_name: 'nobody/knows' },
    sender: { id: 1, login: 'dana', type: 'User' },
    installation: { id: 999_999 },
    commits,
    nonce: randomUUID(),
  };
  return Buffer.from(JSON.stringify(payload));
}
