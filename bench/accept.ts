import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import pg from 'pg';

import { type House, makeDatabase, startGateway } from './house.ts';
import { startProgram } from './processes.ts';
import type { Measured } from './report.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const secret = 'bench-webhook-secret-0123456789';

/** Row a: a signed webhook of 20 KB, accepted; against one bare commit and against the shortest honest code. */
export async function accept(
  house: House,
  server: string,
  rounds: number,
  perRound: number,
  directory: string,
): Promise<Measured[]> {
  const gateway = await startGateway(house, server, directory);
  const databaseUrl = await makeDatabase(server, 'floor_accept');
  const program = join(import.meta.dirname, 'floors/accept.ts');
  const floor = await startProgram([program, databaseUrl, secret], {}, /\d+\n/);
  const floorUrl = `http://127.0.0.1:${floor.started.trim()}/`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY, body text)');
  const commit = () => client.query({ name: 'bare', text: 'INSERT INTO bare (body) VALUES ($1)', values: ['x'] });
  const variants: [string, () => Promise<unknown>][] = [
    ['commit', commit],
    ['floor', () => post(floorUrl)],
    ['crosstie', () => post(`${house.url}/webhooks/github`)],
  ];
  if (gateway) variants.push(['gateway', () => post(`${gateway.url}/webhooks/github`)]);
  const intake = new pg.Client({ connectionString: house.databaseUrl });
  await intake.connect();
  const measured = variants.map(([variant]): Measured => ({ bench: 'accept', variant, rounds: [] }));
  const busy = variants.map(([variant]): Measured => ({ bench: 'accept-32', variant, rounds: [] }));
  try {
    for (let round = -2; round < rounds; round += 1) {
      for (const [at, [, once]] of variants.entries()) {
        const alone = await oneByOne(once, perRound);
        const together = at === 0 ? [] : await inFlight(once, 32, perRound * 4);
        await handled(intake);
        if (round < 0) continue;
        measured[at]?.rounds.push(alone);
        busy[at]?.rounds.push(together);
      }
    }
  } finally {
    await client.end();
    await intake.end();
    await floor.stop();
    await gateway?.stop();
  }
  return [...measured, ...busy.slice(1)];
}

/** What one variant left to do is not to slow the next one down. */
async function handled(intake: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await intake.query(`SELECT FROM webhook_delivery WHERE state = 'received' LIMIT 1`);
    if (rows.length === 0) return;
    await wait(10);
  }
}

async function oneByOne(once: () => Promise<unknown>, n: number): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < n; at += 1) {
    const begun = performance.now();
    await once();
    times.push(performance.now() - begun);
    await wait(2);
  }
  return times;
}

/** Keeps so many under way; each time is the round's length shared out, so that medians compare throughput. */
async function inFlight(once: () => Promise<unknown>, width: number, n: number): Promise<number[]> {
  let left = n;
  const begun = performance.now();
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await once();
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return [(performance.now() - begun) / n];
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
          'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
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
