import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { runnersOf } from '../kills/by-hand.js';
import { House } from '../kills/house.js';
import { JobCalls } from '../kills/job-calls.js';
import { Journal } from '../kills/journal.js';
import { expectOneOutcome } from '../kills/outcome.js';
import { until } from '../until.js';

const polls = 500;
const pollsOfRunner = 50;
const pollsOfHost = 4;
const line = Buffer.from('a line of the log\n');
const file = randomBytes(4 * 1024 * 1024);
const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="artifacts.zip"\r\n\r\n';

/** `crosstie serve` is killed while runners wait for it, and while they send it files. */
describe('a server that is killed under its runners', () => {
  let house: House;
  beforeAll(async () => {
    house = await House.build();
  }, 60_000);
  afterAll(async () => {
    await house?.tearDown();
  }, 60_000);

  it('F44: with 500 held polls; all of them come again, and no job is bound to one that is dead', async () => {
    if (
      !(await fetch(`${house.server.url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await house.server.start();
    const tokens = await Promise.all(
      Array.from({ length: polls / pollsOfRunner }, () => house.runnerToken(['by-hand'])),
    );
    const body = (token: string, host: number, lastUpdate?: string) =>
      JSON.stringify({
        token,
        system_id: `s_host${String(host).padStart(8, '0')}`,
        last_update: lastUpdate,
        info: { name: 'held', features: { two_phase_job_commit: true } },
      });
    const ask = (text: string, signal?: AbortSignal) =>
      fetch(`${house.server.url}/api/v4/jobs/request`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
        ...(signal && { signal }),
      });
    const enough = new AbortController();
    /** Asks again as a runner does, with what it was told, as long as there is nothing. */
    const poll = async (token: string, host: number): Promise<Response> => {
      for (let version = ''; ;) {
        const answer = await ask(body(token, host, version), enough.signal);
        if (answer.status !== 204) return answer;
        version = answer.headers.get('x-gitlab-last-update') ?? '';
      }
    };
    /** Every poll of every runner, each held at the server. */
    const hold = () =>
      Array.from({ length: polls }, (_, n) =>
        poll(tokens[n % tokens.length] as string, Math.floor(n / tokens.length / pollsOfHost)).then(
          async (answer) => ({ status: answer.status, job: answer.status === 201 ? await answer.json() : null }),
          () => ({ status: 0, job: null }),
        ),
      );
    const held = async () => Number(/^runner_requests_held (\d+)/m.exec(await house.server.metrics())?.[1] ?? 0);

    // The house's own runner may wait as well.
    const dead = hold();
    await until(async () => (await held()) >= polls, 'five hundred held polls', 30_000);
    await house.server.kill();
    expect(new Set((await Promise.all(dead)).map(({ status }) => status))).toEqual(new Set([0]));

    await house.server.start();
    const alive = hold();
    await until(async () => (await held()) >= polls, 'all of them to be held again', 30_000);
    const push = await house.push({ runs: 'by hand' });
    const given = await Promise.race(alive);
    expect(given.status).toBe(201);
    const journal = new Journal();
    const job = given.job as { id: number; token: string };
    const calls = new JobCalls(house.server.url, job, journal);
    expect(await house.rows('SELECT handout FROM job WHERE id = $1', job.id)).toEqual([{ handout: 1 }]);
    expect(await calls.put({ state: 'running' })).toMatchObject({ status: 200 });
    expect(await calls.patch(0, line)).toMatchObject({ status: 202 });
    expect(await calls.put({ state: 'success' })).toMatchObject({ status: 200 });
    enough.abort();
    await Promise.all(alive);
    await expectOneOutcome(house, push, { journal });
  }, 120_000);

  it.each([10, 50, 99])(
    'F46: at %i percent of an upload; nothing of it is there, and it can be sent again',
    async (percent) => {
      const { first } = await runnersOf(house);
      const push = await house.push({ runs: 'by hand' });
      const journal = new Journal();
      const calls = new JobCalls(house.server.url, await first.take(), journal);
      await calls.put({ state: 'running' });
      await calls.patch(0, line);
      // What earlier kills left half written is swept a day later.
      const before = await unfinished();
      const upload = beginUpload(calls.job);
      const broken = new Promise((resolve) => upload.once('error', resolve));
      const sent = Math.floor((file.length * percent) / 100);
      await new Promise<void>((resolve) => upload.write(file.subarray(0, sent), () => resolve()));
      await until(async () => (await unfinished()) > before, 'the upload to be under way');
      await house.server.kill();
      await broken;
      await house.server.start();

      expect((await calls.download()).status).toBe(404);
      expect(await calls.upload(file)).toBe(201);
      const { status, bytes } = await calls.download();
      expect([status, bytes.equals(file)]).toEqual([200, true]);
      expect(await calls.put({ state: 'success' })).toMatchObject({ status: 200 });
      await expectOneOutcome(house, push, { journal });
    },
    90_000,
  );

  const unfinished = async (): Promise<number> =>
    (await readdir(join(house.server.objects, 'unfinished')).catch(() => [])).length;

  function beginUpload({ id, token }: { id: number; token: string }): ClientRequest {
    const { hostname, port } = new URL(house.server.url);
    const headers = { 'job-token': token, 'content-type': 'multipart/form-data; boundary=b' };
    const path = `/api/v4/jobs/${id}/artifacts?artifact_format=zip&artifact_type=archive`;
    const upload = request({ hostname, port, method: 'POST', path, headers });
    upload.write(head);
    return upload;
  }
});
