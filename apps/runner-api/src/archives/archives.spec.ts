import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type RunnerStage, startRunnerStage } from '../testing/runner-stage.js';
import { stagePerson } from '../testing/stage-person.js';
import { type ZipFile, zipOf } from '../testing/zip-builder.js';
import type { EntriesView, FilesView } from './archive-views.controller.js';

describe('the files that jobs left', () => {
  let stage: RunnerStage;
  beforeAll(async () => {
    stage = await startRunnerStage();
  });
  afterAll(() => stage.stop());

  /** A job called `build` that ended well, with an archive. */
  async function built(
    archive: Buffer<ArrayBuffer>,
    { ref = 'main', artifacts = {} }: { ref?: string; artifacts?: object } = {},
  ) {
    const projectId = await stage.project();
    const runner = await stage.runner(projectId);
    const pipeline = await stage.pipeline(projectId, [{ name: 'build', artifacts }], ref);
    await stage.queue(pipeline.jobIds[0] as number);
    const job = (await (await stage.request(runner)).json()) as { id: number; token: string };
    expect((await stage.upload(job.id, job.token, archive, '?artifact_type=archive', 'build.zip')).status).toBe(201);
    await stage.put(`jobs/${job.id}`, { token: job.token, state: 'success' });
    const member = (level: number) => stagePerson(stage, { member: [projectId, level] });
    return { ...job, projectId, runner, member, at: `projects/${projectId}/jobs/${job.id}/artifacts` };
  }
  const files = (...names: string[]): ZipFile[] => names.map((name) => ({ name, content: `this is ${name}` }));

  it('are downloaded whole, as they were sent', async () => {
    const zip = zipOf(files('a.txt', 'out/b.txt'));
    const { at, member } = await built(zip);
    const answer = await (await member(20)).ask('GET', at);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/zip');
    expect(answer.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''build.zip");
    expect(Buffer.from(await answer.arrayBuffer()).equals(zip)).toBe(true);
  });

  it('are served one by one from inside the archive', async () => {
    const { at, member } = await built(zipOf(files('a.txt', 'out/dir with ü/b.txt')));
    const dana = await member(20);
    const inside = await dana.ask('GET', `${at}/out/dir%20with%20%C3%BC/b.txt`);
    expect([inside.status, await inside.text()]).toEqual([200, 'this is out/dir with ü/b.txt']);
    expect((await dana.ask('GET', `${at}/out`)).status).toBe(404);
    expect((await dana.ask('GET', `${at}/b.txt`)).status).toBe(404);
  });

  it('are found by branch and job, with slashes in the branch as they come', async () => {
    const { projectId, member } = await built(zipOf(files('a.txt')), { ref: 'feat/x' });
    const dana = await member(20);
    const ofRef = (rest: string) => dana.ask('GET', `projects/${projectId}/jobs/artifacts/${rest}`);
    for (const ref of ['feat/x', 'feat%2Fx']) {
      expect((await ofRef(`${ref}/download?job=build`)).headers.get('content-type')).toBe('application/zip');
      expect(await (await ofRef(`${ref}/raw/a.txt?job=build`)).text()).toBe('this is a.txt');
    }
    expect((await ofRef('feat/x/download?job=other')).status).toBe(404);
    expect((await ofRef('main/download?job=build')).status).toBe(404);
    expect((await ofRef('feat/x/download')).status).toBe(400);
  });

  it('are found in an archive of the 64-bit form too', async () => {
    const { at, member } = await built(zipOf(files('a.txt', 'b.txt'), { count64: 2n }));
    expect(await (await (await member(20)).ask('GET', `${at}/b.txt`)).text()).toBe('this is b.txt');
  });

  it('are listed folder by folder', async () => {
    const { id, member } = await built(zipOf(files('b.txt', 'a.txt', 'out/1.txt', 'out/deep/2.txt', 'out/deep/3.txt')));
    const dana = await member(20);
    const view = (await dana.call('GET', `/api/crosstie/v1/jobs/${id}/artifacts`)).body as FilesView;
    expect(view).toMatchObject({
      may_read: { allowed: true, reason: null },
      files: [{ file_type: 'archive', filename: 'build.zip', expire_at: null }],
    });
    expect((await dana.ask('GET', view.files[0]?.url ?? '')).status).toBe(200);
    const list = async (path: string) =>
      (await dana.call('GET', `/api/crosstie/v1/jobs/${id}/artifacts/entries?path=${path}`)).body as EntriesView;
    const names = ({ entries }: EntriesView) => entries.map(({ type, path, files: n }) => `${type} ${path} ${n}`);
    expect(names(await list(''))).toEqual(['folder out/ 3', 'file a.txt 1', 'file b.txt 1']);
    expect(names(await list('out'))).toEqual(['folder out/deep/ 2', 'file out/1.txt 1']);
    const absent = await dana.call('GET', `/api/crosstie/v1/jobs/${id}/artifacts/entries?path=none/`);
    expect(absent.status).toBe(404);
  });

  it('A4: are never served as what a browser would run', async () => {
    const names = ['x.html', 'x.svg', 'x.xhtml', 'x.js', 'x.xml', 'x', 'x.HTM', 'x.txt.html'];
    const { at, member } = await built(zipOf(files(...names, 'x.txt', 'x.png')));
    const dana = await member(20);
    for (const name of names) {
      const { headers } = await dana.ask('GET', `${at}/${name}`);
      expect([name, headers.get('content-type')]).toEqual([name, 'application/octet-stream']);
      expect(headers.get('content-disposition')).toMatch(/^attachment/);
    }
    for (const name of ['x.txt', 'x.png', 'x.html']) {
      const { headers } = await dana.ask('GET', `${at}/${name}`);
      expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('A1: are reached by no path that leads elsewhere', async () => {
    const evil = [
      '../../etc/passwd',
      '/etc/passwd',
      'a/../../b',
      'C:\\x',
      'a\\b',
      'a//b',
      './a',
      'a\u0000b',
      'x'.repeat(4_097),
    ];
    const { id, at, member } = await built(zipOf(files('good.txt', ...evil)));
    const dana = await member(20);
    const asked = ['../../x', '..%2f..%2fx', '%2e%2e/x', 'a//b', 'C:%5Cx', 'a%00b', ...evil.map(encodeURIComponent)];
    for (const path of asked) expect((await dana.ask('GET', `${at}/${path}`)).status).toBe(404);
    const view = (await dana.call('GET', `/api/crosstie/v1/jobs/${id}/artifacts/entries`)).body as EntriesView;
    expect(view.entries.map(({ path }) => path)).toEqual(['good.txt']);
    expect(view.left_out).toBe(evil.length);

    const other = await built(zipOf(files('secret.txt')));
    const foreign = `projects/${id}/jobs/${other.id}/artifacts/secret.txt`;
    expect((await dana.ask('GET', foreign)).status).toBe(404);
    expect((await dana.ask('GET', at.replace(String(id), String(other.id)))).status).toBe(404);
  });

  it('A2: are not looked into where the archive is a bomb, a link or not what it says', async () => {
    const gigabytes = { size: 4_000_000_000 };
    const { at, member } = await built(
      zipOf([
        { name: 'bomb.txt', content: 'x'.repeat(100_000), claims: gigabytes },
        { name: 'longer.txt', content: 'x'.repeat(100_000), claims: { size: 10 } },
        { name: 'link', content: '/etc/passwd', claims: { mode: 0o120777 } },
        { name: 'locked.txt', content: 'x', claims: { flags: 1 } },
        { name: 'odd.txt', content: 'x', claims: { method: 99 } },
        { name: 'outside.txt', content: 'x', claims: { compressedSize: 1_000_000 } },
        { name: 'good.txt', content: 'good' },
      ]),
    );
    const dana = await member(20);
    const status = async (name: string) => (await dana.ask('GET', `${at}/${name}`)).status;
    expect(await status('bomb.txt')).toBe(422);
    expect(await status('odd.txt')).toBe(422);
    expect(await status('outside.txt')).toBe(422);
    expect(await status('link')).toBe(404);
    expect(await status('locked.txt')).toBe(404);
    // Broken off where it grows longer than it said: an error, before or after the head of the answer.
    const longer = await dana.ask('GET', `${at}/longer.txt`).then(
      async (answer) => answer.ok && answer.text(),
      () => false,
    );
    expect(longer).toBe(false);
    expect(await status('good.txt')).toBe(200);
  });

  it('A2: are not listed where there are too many, or no list at all', async () => {
    const refused = async (archive: Buffer<ArrayBuffer>) => {
      const { at, id, member } = await built(archive);
      const dana = await member(20);
      expect((await dana.ask('GET', at)).status).toBe(200);
      const answer = await dana.call('GET', `/api/crosstie/v1/jobs/${id}/artifacts/entries`);
      return [answer.status, (answer.body as { message: string }).message];
    };
    const million = zipOf(files('a'), { count64: 1_000_000n });
    expect(await refused(million)).toEqual([422, 'The archive has more than 100000 files.']);
    expect(await refused(zipOf(files('a'), { count64: 2n ** 63n }))).toEqual([422, 'The archive is damaged.']);
    expect(await refused(zipOf(files('a'), { directoryAt: 4_000_000 }))).toEqual([422, 'The archive is damaged.']);
    expect(await refused(zipOf(files('a'), { count: 7 }))).toEqual([422, 'The archive is damaged.']);
    expect(await refused(Buffer.from('no zip at all, but long enough'))).toEqual([422, 'This is not a zip archive.']);
  });

  it('are for Reporters and above, and for whom the job says', async () => {
    const open = await built(zipOf(files('a.txt')));
    expect((await (await open.member(10)).ask('GET', open.at)).status).toBe(403);
    expect((await (await stagePerson(stage)).ask('GET', open.at)).status).toBe(404);
    expect((await stage.get(open.at)).status).toBe(401);

    const closed = await built(zipOf(files('a.txt')), { artifacts: { paths: ['a.txt'], access: 'developer' } });
    expect((await (await closed.member(20)).ask('GET', `${closed.at}/a.txt`)).status).toBe(403);
    expect((await (await closed.member(30)).ask('GET', `${closed.at}/a.txt`)).status).toBe(200);
    const nobody = await built(zipOf(files('a.txt')), { artifacts: { paths: ['a.txt'], access: 'none' } });
    expect((await (await nobody.member(50)).ask('GET', nobody.at)).status).toBe(403);
  });

  it('are for a running job of the project too, and for no other job', async () => {
    const { id, at, projectId, runner } = await built(zipOf(files('a.txt')));
    const next = await stage.pipeline(projectId, [{ name: 'use' }]);
    await stage.queue(next.jobIds[0] as number);
    const using = (await (await stage.request(runner)).json()) as { id: number; token: string };
    const as = (token: string, path = at) => stage.get(path, { 'job-token': token });
    expect((await as(using.token)).status).toBe(200);
    expect(await (await as(using.token, `projects/${projectId}/jobs/artifacts/main/raw/a.txt?job=build`)).text()).toBe(
      'this is a.txt',
    );
    const stranger = await stage.handedOut();
    expect((await as(stranger.token)).status).toBe(403);
    const removal = await fetch(`${stage.url}/api/v4/${at}`, {
      method: 'DELETE',
      headers: { 'job-token': using.token },
    });
    expect(removal.status).toBe(403);
    await stage.put(`jobs/${using.id}`, { token: using.token, state: 'success' });
    expect((await as(using.token)).status).toBe(403);
    expect(id).toBeGreaterThan(0);
  });

  it('are kept for good, removed, and removed with those of the whole project', async () => {
    const { id, at, projectId, member } = await built(zipOf(files('a.txt')));
    await stage.database.pool.query(`UPDATE artifact SET expire_at = now() + interval '1 day' WHERE job_id = $1`, [id]);
    const [dana, kim] = [await member(30), await member(40)];
    expect((await dana.call('POST', `${at}/keep`)).status).toBe(200);
    const { rows } = await stage.database.pool.query('SELECT expire_at FROM artifact WHERE job_id = $1', [id]);
    expect(rows).toEqual([{ expire_at: null }]);
    expect((await dana.call('DELETE', at)).status).toBe(403);
    expect((await kim.call('DELETE', `projects/${projectId}/artifacts`)).status).toBe(202);
    expect((await kim.call('GET', at)).status).toBe(404);
    expect((await kim.call('DELETE', at)).status).toBe(204);
    expect((await kim.call('DELETE', at)).status).toBe(204);
    expect((await kim.call('POST', `${at}/keep`)).status).toBe(404);
  });

  it('are erased with the log of their job, once, by a Maintainer', async () => {
    const { id, at, projectId, member, runner } = await built(zipOf(files('a.txt')));
    const kim = await member(40);
    const erase = `projects/${projectId}/jobs/${id}/erase`;
    expect((await (await member(30)).call('POST', erase)).status).toBe(403);
    expect(await kim.call('POST', erase)).toMatchObject({ status: 201, body: { id, erased_at: expect.any(String) } });
    expect((await kim.call('POST', erase)).status).toBe(403);
    expect((await kim.ask('GET', at)).status).toBe(404);
    expect(await stage.log(id)).toBe('');
    const { rows } = await stage.database.pool.query('SELECT actor_id FROM audit_event WHERE action = $1', [
      'job.erased',
    ]);
    expect(rows).toEqual([{ actor_id: kim.userId }]);

    const next = await stage.pipeline(projectId, [{ name: 'runs' }]);
    await stage.queue(next.jobIds[0] as number);
    expect((await stage.request(runner)).status).toBe(201);
    expect((await kim.call('POST', `projects/${projectId}/jobs/${next.jobIds[0]}/erase`)).status).toBe(409);
  });
});
