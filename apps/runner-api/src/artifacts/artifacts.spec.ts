import { createHash, randomBytes } from 'node:crypto';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { armFaults, ObjectStore } from '@crosstie/platform';
import { findSwift, startBucket, type TestBucket, until } from '@crosstie/testkit';
import { afterAll, beforeAll, describe, expect, it as jestIt } from '@jest/globals';

import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { ArtifactSweep } from './artifact-sweep.js';
import { safeFileName } from './upload-query.js';

const swift = await findSwift();

describe.each([
  { where: 'a directory', onBucket: false },
  { where: `a bucket of ${swift ?? 'OpenStack Swift'}`, onBucket: true },
])('artifacts in $where', ({ onBucket }) => {
  // Where there is no Swift, the second round is reported as skipped.
  const it = onBucket && !swift ? jestIt.skip : jestIt;
  let stage: RunnerStage;
  let bucket: TestBucket | null = null;
  beforeAll(async () => {
    if (onBucket && !swift) return;
    bucket = onBucket ? await startBucket() : null;
    Object.assign(process.env, bucket?.credentials);
    stage = await startRunnerStage(bucket ? { objectStore: bucket.address } : {});
  }, 60_000);
  afterAll(async () => {
    await stage?.stop();
    await bucket?.stop();
  });

  const store = () => stage.app.get(ObjectStore, { strict: false });
  const objects = async () => {
    const tomorrow = new Date(Date.now() + 86_400_000);
    let count = 0;
    for await (const _ of store().keysBefore('artifacts', tomorrow)) count += 1;
    return count;
  };
  const rangeOf = (response: Response) => [response.status, response.headers.get('range')];
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
    if (!onBucket) await until(async () => (await unfinished()).length === 1, 'the upload to be under way');
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

  it('A5: in broken forms are refused, and leave no open file and nothing half written', async () => {
    const job = await stage.handedOut();
    const at = `${stage.url}/api/v4/jobs/${job.id}/artifacts`;
    const headers = { 'job-token': job.token, 'content-type': 'multipart/form-data; boundary=b' };
    const part = (head: string, content = 'x') => `--b\r\n${head}\r\n\r\n${content}\r\n`;
    const named = 'Content-Disposition: form-data; name="file"; filename="a.zip"';
    const bodies = [
      `${part(named)}--`,
      part(named).slice(0, -20),
      part('Content-Disposition: form-data; name=""'),
      part('Content-Disposition: form-data'),
      `${part('Content-Disposition: form-data; name="field"').repeat(10_000)}--b--\r\n`,
      part(`Content-Disposition: form-data; name="${'n'.repeat(1_000_000)}"`),
      part(`${'X-Odd: 1\r\n'.repeat(5_000)}${named}`),
    ];
    const openFiles = async () => (await readdir('/proc/self/fd')).length;
    const send = (body: string) =>
      fetch(at, { method: 'POST', headers, body }).then(
        ({ status }) => status,
        () => 0,
      );
    for (const body of bodies) await send(body);
    const before = await openFiles();
    for (let round = 0; round < 20; round += 1) {
      for (const body of bodies) expect([0, 400, 413]).toContain(await send(body));
    }
    expect((await openFiles()) - before).toBeLessThan(20);
    if (!onBucket) expect(await readdir(join(stage.directory, 'unfinished')).catch(() => [])).toEqual([]);
    expect((await download(job.id, job.token)).status).toBe(404);
    expect((await stage.upload(job.id, job.token, 'good')).status).toBe(201);
  }, 60_000);

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

  it('F47: stored by a process that was killed before the row, are swept a day later, and no others', async () => {
    const job = await stage.handedOut();
    expect((await stage.upload(job.id, job.token, 'kept')).status).toBe(201);
    const before = await objects();
    armFaults('artifact.after_put=drop@1');
    await expect(stage.upload(job.id, job.token, 'lost')).rejects.toThrow();
    armFaults('');
    expect(await objects()).toBe(before + 1);
    const sweep = stage.app.get(ArtifactSweep, { strict: false });
    await sweep.sweepOrphans();
    expect(await objects()).toBe(before + 1);
    stage.clock.advance(25 * 3_600_000);
    await sweep.sweepOrphans();
    expect(await objects()).toBe(before);
    // The first job may have ended by its silence meanwhile; the store's own clock makes this one's archive as old.
    const later = await stage.handedOut();
    expect((await stage.upload(later.id, later.token, 'kept')).status).toBe(201);
    await sweep.sweepOrphans();
    expect(await (await download(later.id, later.token)).text()).toBe('kept');
  });

  it('that are dotenv reports leave their variables to later jobs', async () => {
    const projectId = await stage.project();
    const runner = await stage.runner(projectId);
    const pipeline = await stage.pipeline(projectId, [{ name: 'build' }, { name: 'test' }]);
    const [buildId, testId] = pipeline.jobIds as [number, number];
    await stage.queue(buildId);
    const { token } = (await (await stage.request(runner)).json()) as { token: string };
    const report = (text: string) => {
      const bytes = new Uint8Array(gzipSync(text));
      return stage.upload(buildId, token, bytes, '?artifact_type=dotenv&artifact_format=gzip', '.env.gz');
    };
    const refused = await report('A=1\n\n');
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: 'The dotenv report is not KEY=VALUE in line 2' },
    ]);
    expect((await report(`A=${'x'.repeat(1_000_000)}`)).status).toBe(400);
    expect((await stage.upload(buildId, token, 'x', '?artifact_type=dotenv&artifact_format=gzip')).status).toBe(400);
    expect((await report('A=1')).status).toBe(201);
    expect((await report('VERSION=1.2.3\nHOST=a b\n')).status).toBe(201);
    await stage.put(`jobs/${buildId}`, { token, state: 'success' });
    await stage.queue(testId);
    const test = (await (await stage.request(runner)).json()) as { variables: { key: string; value: string }[] };
    expect(test.variables).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: 'VERSION', value: '1.2.3' }),
        expect.objectContaining({ key: 'HOST', value: 'a b' }),
      ]),
    );
    expect(test.variables.map(({ key }) => key)).not.toContain('A');
  });

  it('F50: are refused with 503 while the store is away, and taken when it is back', async () => {
    const job = await stage.handedOut();
    expect((await stage.upload(job.id, job.token, 'first')).status).toBe(201);
    const aside = `${stage.directory}-aside`;
    if (bucket) await bucket.kill();
    else await rename(stage.directory, aside).then(() => writeFile(stage.directory, 'no directory'));
    const away = await stage.upload(job.id, job.token, 'second');
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '5']);
    expect(rangeOf(await stage.patch(job.id, job.token, '0-2', 'abc'))).toEqual([202, '0-3']);
    if (bucket) expect((await download(job.id, job.token)).status).toBe(503);
    if (bucket) await bucket.restart();
    else await rm(stage.directory).then(() => rename(aside, stage.directory));
    expect((await stage.upload(job.id, job.token, 'third')).status).toBe(201);
    expect(await (await download(job.id, job.token)).text()).toBe('third');
  }, 120_000);
});
