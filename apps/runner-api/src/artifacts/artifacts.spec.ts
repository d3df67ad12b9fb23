import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';

import { until } from '@crosstie/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { ArtifactSweep } from './artifact-sweep.js';
import { safeFileName } from './upload-query.js';

describe('artifacts', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  const objects = async () => {
    const names = await readdir(join(stage.directory, 'artifacts'), { recursive: true }).catch(() => []);
    return names.filter((name) => name.includes('/')).length;
  };
  const download = (id: number, token: string) =>
    stage.get(`jobs/${id}/artifacts?direct_download=true`, { 'job-token': token });

  /** `build` has left an archive; the second job runs. */
  async function afterBuild(second: object = {}) {
    const projectId = await stage.project();
    const runner = await stage.runner(projectId);
    const sketches = [{ name: 'build' }, { name: 'lint' }, { name: 'test', ...second }];
    const pipeline = await stage.pipeline(projectId, sketches);
    const [buildId, lintId, testId] = pipeline.jobIds as [number, number, number];
    for (const id of [buildId, lintId]) {
      await stage.queue(id);
      const { token } = (await (await stage.request(runner)).json()) as { token: string };
      expect((await stage.upload(id, token, `archive of ${id}`, '?artifact_type=archive', 'my files.zip')).status).toBe(
        201,
      );
      await stage.put(`jobs/${id}`, { token, state: 'success' });
    }
    await stage.queue(testId);
    const test = (await (await stage.request(runner)).json()) as Record<string, unknown> & { token: string };
    return { buildId, lintId, testId, test };
  }

  it('are streamed to the store, whatever their length, and recorded with their digest', async () => {
    const job = await stage.handedOut();
    const bytes = randomBytes(3 * 1024 * 1024);
    const answer = await stage.upload(
      job.id,
      job.token,
      bytes,
      '?artifact_format=zip&artifact_type=archive&expire_in=7+days',
    );
    expect(answer.status).toBe(201);
    const { rows } = await stage.database.pool.query('SELECT * FROM artifact WHERE job_id = $1', [job.id]);
    expect(rows).toMatchObject([
      {
        size: bytes.length,
        filename: 'a.zip',
        file_type: 'archive',
        sha256: createHash('sha256').update(bytes).digest(),
      },
    ]);
    const days = ((rows[0] as { expire_at: Date }).expire_at.getTime() - stage.clock.ms()) / 86_400_000;
    expect(days).toBeCloseTo(7, 1);
  });

  it('replace an earlier upload of the same type, whose object is removed', async () => {
    const job = await stage.handedOut();
    await stage.upload(job.id, job.token, 'first');
    const before = await objects();
    expect((await stage.upload(job.id, job.token, 'second')).status).toBe(201);
    expect(await objects()).toBe(before);
    expect(await (await download(job.id, job.token)).text()).toBe('second');
  });

  it('above the limit of the project are refused while they are read, and nothing is kept', async () => {
    const job = await stage.handedOut();
    await stage.database.pool.query('UPDATE project SET artifact_size_max = 1000 WHERE id = $1', [job.projectId]);
    const before = await objects();
    expect((await stage.upload(job.id, job.token, randomBytes(2_000_000))).status).toBe(413);
    expect(await objects()).toBe(before);
    expect((await stage.upload(job.id, job.token, randomBytes(1000))).status).toBe(201);
  });

  it('that break off in the middle leave nothing', async () => {
    const job = await stage.handedOut();
    const before = await objects();
    const { hostname, port } = new URL(stage.url);
    const upload = httpRequest({
      hostname,
      port,
      method: 'POST',
      path: `/api/v4/jobs/${job.id}/artifacts`,
      headers: { 'job-token': job.token, 'content-type': 'multipart/form-data; boundary=b' },
    });
    upload.on('error', () => undefined);
    upload.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n');
    upload.write(randomBytes(500_000));
    const unfinished = () => readdir(join(stage.directory, 'unfinished')).catch(() => []);
    await until(async () => (await unfinished()).length === 1, 'the upload to be under way');
    upload.destroy();
    await until(async () => (await unfinished()).length === 0, 'the half object to be gone');
    expect(await objects()).toBe(before);
    expect((await download(job.id, job.token)).status).toBe(404);
  });

  it('are refused without a file, in another form, or of a type that is none', async () => {
    const job = await stage.handedOut();
    const headers = { 'job-token': job.token };
    const form = new FormData();
    form.set('other', new Blob(['x']), 'x');
    const post = (body: RequestInit['body'], more = {}) =>
      fetch(`${stage.url}/api/v4/jobs/${job.id}/artifacts`, { method: 'POST', headers: { ...headers, ...more }, body });
    expect((await post(form)).status).toBe(400);
    expect((await post('{}', { 'content-type': 'application/json' })).status).toBe(400);
    expect((await post('broken', { 'content-type': 'multipart/form-data; boundary=b' })).status).toBe(400);
    expect((await stage.upload(job.id, job.token, 'x', '?artifact_type=../../x')).status).toBe(400);
    expect((await stage.upload(job.id, job.token, 'x', '?artifact_format=exe')).status).toBe(400);
    expect((await stage.upload(job.id, job.token, 'x', '?expire_in=sometime')).status).toBe(400);
  });

  it('keep a name that leads nowhere', () => {
    expect(safeFileName('../../etc/passwd')).toBe('passwd');
    expect(safeFileName('..\\..\\x.zip')).toBe('x.zip');
    expect(safeFileName('a\r\nSet-Cookie: b="c"')).not.toMatch(/[\r\n"]/);
    expect(safeFileName('..')).toBe('artifacts');
    expect(safeFileName('für alle.zip')).toBe('für alle.zip');
  });

  it('of earlier jobs are listed in the payload and downloaded with the token given for them', async () => {
    const { buildId, lintId, test } = await afterBuild();
    expect(test['dependencies']).toMatchObject([
      { id: buildId, name: 'build', token: test.token, artifacts_file: { filename: 'my files.zip' } },
      { id: lintId, name: 'lint' },
    ]);
    const answer = await download(buildId, test.token);
    expect([answer.status, await answer.text()]).toEqual([200, `archive of ${buildId}`]);
    expect(answer.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''my%20files.zip");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['dependencies', { dependencies: ['lint'] }],
    [
      'needs',
      {
        needs: [
          { job: 'lint', artifacts: true, optional: false },
          { job: 'build', artifacts: false, optional: false },
        ],
      },
    ],
  ])('are those that %s name, and no others', async (_, second) => {
    const { buildId, lintId, test } = await afterBuild(second);
    expect(test['dependencies']).toMatchObject([{ id: lintId }]);
    expect((await download(lintId, test.token)).status).toBe(200);
    expect((await download(buildId, test.token)).status).toBe(403);
  });

  it('of other pipelines are refused, and those that have expired are not there', async () => {
    const { buildId, test } = await afterBuild();
    const other = await afterBuild();
    expect((await download(other.buildId, test.token)).status).toBe(403);
    await stage.database.pool.query("UPDATE artifact SET expire_at = now() - interval '1 hour' WHERE job_id = $1", [
      buildId,
    ]);
    expect((await download(buildId, test.token)).status).toBe(404);
    const before = await objects();
    await stage.app.get(ArtifactSweep, { strict: false }).runOnce();
    expect(await objects()).toBe(before - 1);
  });
});
