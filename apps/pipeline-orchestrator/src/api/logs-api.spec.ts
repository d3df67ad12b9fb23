import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { objectKey, openObjectStore } from '@crosstie/platform';

import type { JobView, LogWindow } from './job-views.controller.js';
import { ApiHouse, type Asker } from './testing/api-house.js';

describe('logs over the API', () => {
  let house: ApiHouse;
  let project: number;
  let pipeline: number;
  let dana: Asker;
  const trace = (job: number) => `/api/v4/projects/${project}/jobs/${job}/trace`;

  beforeAll(async () => {
    house = await ApiHouse.start();
    project = await house.project('acme/widget');
    pipeline = await house.pipeline(project, { status: 'running' });
    dana = await house.person({ [project]: 20 });
  });
  afterAll(() => house.stop());

  it('are empty text, not absent, while a job has written nothing', async () => {
    const answer = await dana.get(trace(await house.job(pipeline, { status: 'pending' })));
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('are given whole, in many pieces, byte for byte', async () => {
    const job = await house.job(pipeline);
    const pieces = Array.from({ length: 200 }, (_, i) => `line ${i} ü \u001b[31mred\u001b[0m\n`);
    await house.log(job, ...pieces);
    const answer = await dana.get(trace(job));
    expect(answer.text).toBe(pieces.join(''));
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(pieces.join(''))));
  });

  it('are given by ranges that cut through pieces', async () => {
    const job = await house.job(pipeline);
    await house.log(job, '0123', '4567', '89');
    const range = async (value: string) => {
      const answer = await dana.get(trace(job), { range: value });
      return [answer.status, answer.text, answer.headers.get('content-range')];
    };
    expect(await range('bytes=0-')).toEqual([206, '0123456789', 'bytes 0-9/10']);
    expect(await range('bytes=2-5')).toEqual([206, '2345', 'bytes 2-5/10']);
    expect(await range('bytes=8-1000')).toEqual([206, '89', 'bytes 8-9/10']);
    expect(await range('bytes=-3')).toEqual([206, '789', 'bytes 7-9/10']);
    expect(await range('bytes=10-')).toEqual([416, '', 'bytes */10']);
    expect(await range('nonsense')).toEqual([200, '0123456789', null]);
  });

  it('are read from the object store once they were moved there', async () => {
    const job = await house.job(pipeline);
    const text = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('');
    const store = await openObjectStore(house.context.config.objectStore);
    const key = objectKey('traces');
    await store.put(key, Readable.from([gzipSync(text)]));
    await house.rows('INSERT INTO trace (job_id, size, object_key) VALUES ($1, $2, $3)', [job, text.length, key]);
    expect((await dana.get(trace(job))).text).toBe(text);
    const part = await dana.get(trace(job), { range: 'bytes=100000-100019' });
    expect([part.status, part.text]).toEqual([206, text.slice(100_000, 100_020)]);
  });

  it('are read from the member on that holds the first byte asked for', async () => {
    const job = await house.job(pipeline);
    const parts = Array.from({ length: 5 }, (_, n) => `${n}`.repeat(1_000));
    const packed = parts.map((part) => gzipSync(part));
    const members = packed.map((_, n) => [
      n * 1_000,
      0,
      packed.slice(0, n).reduce((sum, { length }) => sum + length, 0),
    ]);
    const store = await openObjectStore(house.context.config.objectStore);
    const key = objectKey('traces');
    await store.put(key, Readable.from(packed));
    const sql = 'INSERT INTO trace (job_id, size, object_key, members) VALUES ($1, 5000, $2, $3)';
    await house.rows(sql, [job, key, JSON.stringify(members)]);
    const text = parts.join('');
    expect((await dana.get(trace(job))).text).toBe(text);
    for (const [first, last] of [
      [0, 0],
      [999, 1_000],
      [1_500, 3_200],
      [3_000, 3_999],
      [4_990, 4_999],
    ] as const) {
      const part = await dana.get(trace(job), { range: `bytes=${first}-${last}` });
      expect(part.text).toBe(text.slice(first, last + 1));
    }
  });

  it('of a running job show nothing that could be the beginning of a secret', async () => {
    const job = await house.job(pipeline);
    await house.log(job, '0123456789');
    await house.rows('UPDATE trace SET size = 14, tail_length = 4 WHERE job_id = $1', [job]);
    const answer = await dana.get(trace(job));
    expect([answer.text, answer.headers.get('content-length')]).toEqual(['0123456789', '10']);
  });

  it('come as windows of whole characters', async () => {
    const job = await house.job(pipeline);
    await house.log(job, `${'x'.repeat(15)}üüü`);
    const window = async (offset: number) =>
      (await dana.get(`/api/crosstie/v1/jobs/${job}/log?offset=${offset}&limit=16`)).json<LogWindow>();
    expect(await window(0)).toEqual({ offset: 0, next_offset: 15, size: 21, text: 'x'.repeat(15) });
    expect(await window(15)).toEqual({ offset: 15, next_offset: 21, size: 21, text: 'üüü' });
    expect(await window(21)).toEqual({ offset: 21, next_offset: 21, size: 21, text: '' });
  });

  it('are for Reporters and above', async () => {
    const job = await house.job(pipeline, { status: 'failed', failure_reason: 'script_failure', exit_code: 7 });
    const guest = await house.person({ [project]: 10 });
    expect((await guest.get(trace(job))).status).toBe(403);
    expect((await guest.get(`/api/crosstie/v1/jobs/${job}/log`)).status).toBe(403);
    const view = (await guest.get(`/api/crosstie/v1/jobs/${job}`)).json<JobView>();
    expect(view).toMatchObject({
      exit_code: 7,
      may_read_log: { allowed: false },
      actions: { retry: { allowed: false } },
    });
    expect(view.explanation).toMatch(/script ended with an error/);
    const stranger = await house.person();
    expect((await stranger.get(`/api/crosstie/v1/jobs/${job}`)).status).toBe(404);
  });

  it('tell of a job what it waits for and which tries it had', async () => {
    const [lane] = await house.rows(
      `INSERT INTO lane (scope, protected, tags) VALUES ('instance', false, '{arm}') RETURNING id`,
      [],
    );
    const first = await house.job(pipeline, { index: 1, status: 'failed', retried: true });
    const second = await house.job(pipeline, { index: 1, status: 'pending', lane_id: lane?.id });
    const view = (await dana.get(`/api/crosstie/v1/jobs/${second}`)).json<JobView>();
    expect(view.explanation).toBe('Stuck: there is no runner with the tags arm.');
    expect(view.attempts.map(({ id, status }) => [id, status])).toEqual([
      [second, 'pending'],
      [first, 'failed'],
    ]);
  });
});
