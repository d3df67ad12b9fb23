import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readConsoleFiles } from './console-files.js';
import { ApiHouse } from './testing/api-house.js';

describe('the files of the console', () => {
  it('are read from where it was built, packed where that saves something', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'crosstie-console-'));
    await mkdir(join(directory, 'assets'));
    await writeFile(join(directory, 'index.html'), '<!doctype html>');
    await writeFile(join(directory, 'assets', 'index-abc.js'), 'console page '.repeat(500));
    await writeFile(join(directory, 'notes.exe'), 'not served');
    const files = readConsoleFiles(directory);
    expect([...files.keys()].toSorted()).toEqual(['/assets/index-abc.js', '/index.html']);
    expect(files.get('/index.html')).toMatchObject({ type: 'text/html; charset=utf-8', hashed: false, gzip: null });
    const script = files.get('/assets/index-abc.js');
    expect(script?.hashed).toBe(true);
    expect(gunzipSync(script?.gzip ?? '').toString()).toBe('console page '.repeat(500));
    await rm(directory, { recursive: true });
    expect(readConsoleFiles(directory).size).toBe(0);
  });

  describe('as served', () => {
    let house: ApiHouse;
    beforeAll(async () => {
      house = await ApiHouse.start();
    });
    afterAll(() => house.stop());
    const get = (path: string) => fetch(`${house.url}${path}`, { redirect: 'manual' });

    it('answer every address of a page with the page, under a strict policy', async () => {
      for (const path of [
        '/',
        '/acme/widget/-/pipelines/7',
        '/acme/a.b-c/-/jobs/1',
        '/-/runners',
        '/%22%3E%3Cscript%3E',
      ]) {
        const answer = await get(path);
        expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
          path,
          200,
          'text/html; charset=utf-8',
        ]);
        const policy = answer.headers.get('content-security-policy') ?? '';
        expect(policy).toContain("script-src 'self'");
        expect(policy).not.toMatch(/unsafe|\*/);
        expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
        const text = await answer.text();
        expect(text).toContain('<div id="console">');
        expect(text).not.toMatch(/<script(?![^>]*src=)/);
      }
    });

    it('keep hashed assets for good and answer 404 for those that are gone', async () => {
      const page = await (await get('/')).text();
      const asset = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? '';
      const answer = await get(asset);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toContain('immutable');
      expect((await get('/assets/index-gone.js')).status).toBe(404);
    });

    it.each(['/api/v4/nothing', '/api', '/auth/nothing', '/webhooks/other', '/.well-known/x', '/oauth/x'])(
      'do not answer for a service at %s',
      async (path) => {
        const answer = await get(path);
        expect([answer.status, await answer.json()]).toEqual([404, { error: '404 Not Found' }]);
      },
    );

    it('never leave their folder', async () => {
      for (const path of [
        '/../package.json',
        '/%2e%2e/package.json',
        '/assets/..%2f..%2fpackage.json',
        '//etc/passwd',
      ]) {
        const text = await (await get(path)).text();
        expect(text).not.toMatch(/"name"|root:/);
      }
    });

    it('tell who asks for a version of GitLab what is served here', async () => {
      const admin = await house.person();
      const answer = (await admin.get('/api/v4/version')).json<{ version: string }>();
      expect(answer.version).toMatch(/^18\.\d+\.\d+-crosstie\./);
      expect((await admin.get('/api/v4/metadata')).json()).toMatchObject({
        enterprise: false,
        kas: { enabled: false },
      });
      expect((await get('/-/health')).status).toBe(200);
      expect((await get('/-/readiness')).status).toBe(200);
    });
  });
});
