import { crc32 } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';

/** By the numbers of the protocol page's conformance tests. */
describe('conformance of logs, with a scripted runner', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  const heard = (answer: Response) => [answer.status, answer.headers.get('range')];
  const hundred = 'x'.repeat(100);

  it('C15: a chunk sent twice is stored once, and the second answer tells where to go on', async () => {
    const job = await stage.handedOut();
    expect(heard(await stage.patch(job.id, job.token, '0-99', hundred))).toEqual([202, '0-100']);
    expect(heard(await stage.patch(job.id, job.token, '0-99', hundred))).toEqual([416, '0-100']);
    expect(await stage.log(job.id)).toBe(hundred);
  });

  it('C16: a chunk that leaves a gap is not stored', async () => {
    const job = await stage.handedOut();
    await stage.patch(job.id, job.token, '0-99', hundred);
    expect(heard(await stage.patch(job.id, job.token, '200-299', hundred))).toEqual([416, '0-100']);
    expect(await stage.log(job.id)).toBe(hundred);
  });

  it('C17: a chunk without its range is a bad request', async () => {
    const job = await stage.handedOut();
    expect((await stage.patch(job.id, job.token, null, hundred)).status).toBe(400);
  });

  it('C18: the end of a range is not trusted', async () => {
    const job = await stage.handedOut();
    expect(heard(await stage.patch(job.id, job.token, '0-100', hundred))).toEqual([202, '0-100']);
    expect(heard(await stage.patch(job.id, job.token, '100-7', hundred))).toEqual([202, '0-200']);
  });

  it('C19: a chunk may end inside a character, and hold NUL', async () => {
    const job = await stage.handedOut();
    const bytes = Buffer.from('a\u0000b 👍 c\n');
    const cut = bytes.indexOf(Buffer.from('👍')) + 2;
    await stage.patch(job.id, job.token, `0-${cut - 1}`, bytes.subarray(0, cut));
    await stage.patch(job.id, job.token, `${cut}-1`, bytes.subarray(cut));
    expect(await stage.log(job.id)).toBe(bytes.toString());
  });

  it('C20: a mebibyte in one chunk is taken', async () => {
    const job = await stage.handedOut();
    const most = Buffer.alloc(1_048_576, 'y');
    expect(heard(await stage.patch(job.id, job.token, '0-1048575', most))).toEqual([202, '0-1048576']);
  });

  it.each([
    ['a wrong checksum', { bytesize: 100, checksum: 'crc32:00000000' }],
    ['a wrong length', { bytesize: 7, checksum: `crc32:${crc32(hundred).toString(16).padStart(8, '0')}` }],
  ])('C22: an end with %s is sent back once, then taken as it is', async (_, output) => {
    const job = await stage.handedOut();
    await stage.patch(job.id, job.token, '0-99', hundred);
    const info = { features: { trace_reset: true } };
    const end = () => stage.put(`jobs/${job.id}`, { token: job.token, state: 'success', info, output });
    expect((await end()).status).toBe(412);
    // The runner goes back to offset 0.
    expect(heard(await stage.patch(job.id, job.token, '0-99', hundred))).toEqual([202, '0-100']);
    expect((await end()).status).toBe(200);
    expect((await end()).status).toBe(403);
    expect(await stage.job(job.id)).toMatchObject({ status: 'success' });
  });

  it('C22: a runner that cannot send its log again is taken at its word at once', async () => {
    const job = await stage.handedOut();
    await stage.patch(job.id, job.token, '0-99', hundred);
    const output = { bytesize: 7, checksum: 'crc32:00000000' };
    expect((await stage.put(`jobs/${job.id}`, { token: job.token, state: 'success', output })).status).toBe(200);
  });
});
