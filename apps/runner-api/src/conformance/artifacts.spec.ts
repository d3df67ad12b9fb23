import { request as httpRequest } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';

const mebibyte = 1024 * 1024;

/** By the numbers of the protocol page's conformance tests. */
describe('conformance of artifacts, with a scripted runner', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  const download = (id: number, token: string) =>
    stage.get(`jobs/${id}/artifacts?direct_download=true`, { 'job-token': token });

  /** Sends an archive whose length is not known before its end, as runners do. */
  async function sendChunked(job: { id: number; token: string }, mebibytes: number): Promise<number> {
    const { hostname, port } = new URL(stage.url);
    const path = `/api/v4/jobs/${job.id}/artifacts?artifact_format=zip&artifact_type=archive`;
    const headers = { 'job-token': job.token, 'content-type': 'multipart/form-data; boundary=b' };
    const upload = httpRequest({ hostname, port, method: 'POST', path, headers });
    const answered = new Promise<number>((resolve, reject) => {
      upload.once('response', (response) => resolve(response.resume().statusCode ?? 0));
      upload.once('error', reject);
    });
    const drained = () => new Promise<void>((resolve) => upload.once('drain', () => resolve()));
    upload.write('--b\r\nContent-Disposition: form-data; name="file"; filename="artifacts.zip"\r\n\r\n');
    const piece = Buffer.alloc(mebibyte, 'z');
    for (let n = 0; n < mebibytes && !upload.destroyed; n += 1) if (!upload.write(piece)) await drained();
    upload.end('\r\n--b--\r\n');
    return answered;
  }

  it('C35: 600 MB in chunks of unknown number are taken, and memory stays as it was', async () => {
    const job = await stage.handedOut();
    await stage.database.pool.query('UPDATE project SET artifact_size_max = $2 WHERE id = $1', [
      job.projectId,
      700 * mebibyte,
    ]);
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50);
    expect(await sendChunked(job, 600)).toBe(201);
    clearInterval(watch);
    // Far below what was sent, whatever the collector was doing; the sender is in the same process.
    expect(most - before).toBeLessThan(200 * mebibyte);
    const { rows } = await stage.database.pool.query('SELECT size FROM artifact WHERE job_id = $1', [job.id]);
    expect(rows).toEqual([{ size: 600 * mebibyte }]);
  }, 120_000);

  it('C36: above the limit the answer is 413, and the connection does not hang', async () => {
    const job = await stage.handedOut();
    await stage.database.pool.query('UPDATE project SET artifact_size_max = 1000 WHERE id = $1', [job.projectId]);
    const answer = await stage.upload(job.id, job.token, new Uint8Array(4 * mebibyte));
    expect([answer.status, answer.headers.get('connection')]).toEqual([413, 'close']);
    expect((await stage.upload(job.id, job.token, 'x'.repeat(1000))).status).toBe(201);
    expect((await stage.upload(job.id, job.token, 'x'.repeat(1001))).status).toBe(413);
  });

  it('C37: a file of the same type sent again replaces the first', async () => {
    const job = await stage.handedOut();
    expect((await stage.upload(job.id, job.token, 'first')).status).toBe(201);
    expect((await stage.upload(job.id, job.token, 'second')).status).toBe(201);
    expect(await (await download(job.id, job.token)).text()).toBe('second');
  });

  it("C39: another running job's token and a finished job's are refused", async () => {
    const [left, stranger, finished] = [await stage.handedOut(), await stage.handedOut(), await stage.handedOut()];
    await stage.upload(left.id, left.token, 'zip');
    await stage.put(`jobs/${left.id}`, { token: left.token, state: 'success' });
    await stage.put(`jobs/${finished.id}`, { token: finished.token, state: 'success' });
    expect((await download(left.id, stranger.token)).status).toBe(403);
    expect((await download(left.id, finished.token)).status).toBe(403);
    expect((await download(left.id, left.token)).status).toBe(403);
  });
});
