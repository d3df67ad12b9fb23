import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Acme, type Answered } from '../testing/acme.js';

const raw = { headers: { accept: 'application/vnd.github.raw+json' } };

describe('reading a repository', () => {
  const acme = new Acme();
  let token: string;
  let first: string;

  beforeAll(async () => {
    await acme.start();
    token = `Bearer ${await acme.installationToken()}`;
    first = (await acme.github.control.refs('acme/widget'))['refs/heads/main'] ?? '';
  });
  afterAll(() => acme.stop());

  const get = (path: string, init: Parameters<Acme['ask']>[2] = {}): Promise<Answered> => acme.ask(path, token, init);

  it('gives a file raw, as an object and in base64', async () => {
    const path = `/repos/acme/widget/contents/.gitlab-ci.yml?ref=${first}`;
    expect((await get(path, raw)).text).toBe('job:\n  script: "true"\n');
    const object = await get(path, { headers: { accept: 'application/vnd.github.object+json' } });
    const plain = await get(path);
    for (const { body } of [object, plain]) {
      expect(Buffer.from(String(body['content']), 'base64').toString()).toBe('job:\n  script: "true"\n');
      expect(body).toMatchObject({ type: 'file', encoding: 'base64', name: '.gitlab-ci.yml' });
    }
  });

  it('lists a directory and follows a symlink to a file', async () => {
    expect(JSON.parse((await get('/repos/acme/widget/contents/docs')).text)).toMatchObject([
      { type: 'file', path: 'docs/a.md' },
    ]);
    expect((await get('/repos/acme/widget/contents/latest', raw)).text).toBe('a');
    const object = await get('/repos/acme/widget/contents/docs', {
      headers: { accept: 'application/vnd.github.object' },
    });
    expect(object.body).toMatchObject({ type: 'dir', entries: [{ name: 'a.md' }] });
  });

  it('answers 404 for a missing path, ref and repository', async () => {
    expect((await get('/repos/acme/widget/contents/nothing')).body['message']).toBe('Not Found');
    expect((await get(`/repos/acme/widget/contents/docs?ref=${'0'.repeat(40)}`)).status).toBe(404);
    expect((await get('/repos/acme/nothing/contents/docs')).status).toBe(404);
    expect((await get('/nowhere/at/all')).status).toBe(404);
  });

  it('sends big files only raw', async () => {
    const { after } = await acme.github.control.push('acme/widget', {
      pusher: 'kim',
      files: { big: 'x'.repeat(1_200_000) },
      branch: 'big',
    });
    expect((await get(`/repos/acme/widget/contents/big?ref=${after}`, raw)).text).toHaveLength(1_200_000);
    expect((await get(`/repos/acme/widget/contents/big?ref=${after}`)).status).toBe(403);
    const object = await get(`/repos/acme/widget/contents/big?ref=${after}`, {
      headers: { accept: 'application/vnd.github.object' },
    });
    expect(object.body).toMatchObject({ content: '', encoding: 'none', size: 1_200_000 });
  });

  it('gives commits by branch, sha and as a bare id', async () => {
    const byName = await get('/repos/acme/widget/commits/main');
    expect(byName.body).toMatchObject({ sha: first, files: expect.any(Array), commit: { message: 'Begin' } });
    const bare = await get('/repos/acme/widget/commits/main', { headers: { accept: 'application/vnd.github.sha' } });
    expect(bare.text).toBe(first);
    expect(await get(`/repos/acme/widget/commits/${'1'.repeat(40)}`)).toMatchObject({
      status: 422,
      body: { message: `No commit found for SHA: ${'1'.repeat(40)}` },
    });
    expect(JSON.parse((await get('/repos/acme/widget/commits')).text)).toMatchObject([{ sha: first }]);
    await acme.github.control.createRepository({ owner: 'acme', name: 'empty' });
    expect((await get('/repos/acme/empty/commits/main')).status).toBe(409);
  });

  it('says how two commits stand to each other', async () => {
    const { control } = acme.github;
    const a = await control.push('acme/widget', { pusher: 'kim', branch: 'a', parent: first, files: { a: '1' } });
    const b = await control.push('acme/widget', { pusher: 'kim', branch: 'b', parent: first, files: { b: '1' } });
    const status = async (range: string): Promise<unknown> =>
      (await get(`/repos/acme/widget/compare/${range}`)).body['status'];
    expect(await status(`${first}...a`)).toBe('ahead');
    expect(await status(`a...${first}`)).toBe('behind');
    expect(await status(`${first}...main`)).toBe('identical');
    expect(await status('a...b')).toBe('diverged');
    expect((await get(`/repos/acme/widget/compare/${a.after}...${'2'.repeat(40)}`)).status).toBe(404);
    expect(b.before).toBeNull();
  });

  it('gives refs, branches, trees and blobs', async () => {
    const ref = await get('/repos/acme/widget/git/ref/heads/main');
    expect(ref.body).toMatchObject({ ref: 'refs/heads/main', object: { type: 'commit', sha: first } });
    expect((await get('/repos/acme/widget/git/ref/heads/none')).status).toBe(404);
    await acme.github.control.setRef('acme/widget', {
      ref: 'refs/tags/v1',
      sha: first,
      pusher: 'kim',
      annotation: 'One',
    });
    const tag = (await get('/repos/acme/widget/git/ref/tags/v1')).body['object'] as Record<string, unknown>;
    expect(tag['type']).toBe('tag');
    expect((await get(`/repos/acme/widget/git/tags/${String(tag['sha'])}`)).body).toMatchObject({
      tag: 'v1',
      object: { sha: first },
    });
    expect((await get('/repos/acme/widget/contents/docs?ref=v1')).status).toBe(200);
    expect(JSON.parse((await get('/repos/acme/widget/git/matching-refs/heads/ma')).text)).toMatchObject([
      { ref: 'refs/heads/main' },
    ]);
    const tree = await get(`/repos/acme/widget/git/trees/${first}?recursive=1`);
    const entries = tree.body['tree'] as { path: string; sha: string }[];
    expect(entries.map((each) => each.path)).toEqual(['.gitlab-ci.yml', 'docs', 'docs/a.md', 'latest']);
    expect((await get(`/repos/acme/widget/git/blobs/${entries[2]?.sha}`)).body).toMatchObject({
      size: 1,
      encoding: 'base64',
    });
    expect((await get('/repos/acme/widget/branches/main')).body).toMatchObject({ name: 'main', protected: false });
  });

  it('gives everything of a branch and a file with unusual names', async () => {
    const branch = '<script>"ü;';
    const file = 'a b/<i>"\\ü.txt';
    const { after } = await acme.github.control.push('acme/widget', {
      pusher: 'kim',
      branch,
      parent: first,
      files: { [file]: 'x' },
    });
    const name = encodeURIComponent(branch);
    const paths = [
      `branches/${name}`,
      `commits/${name}`,
      `compare/main...${name}`,
      `git/ref/heads/${name}`,
      `contents/?ref=${name}`,
    ];
    for (const path of paths) expect((await get(`/repos/acme/widget/${path}`)).status).toBe(200);
    const path = file.split('/').map(encodeURIComponent).join('/');
    expect((await get(`/repos/acme/widget/contents/${path}?ref=${after}`)).body).toMatchObject({ path: file });
    expect((await get(`/repos/acme/widget/git/trees/${after}?recursive=1`)).text).toContain('"size":1');
  });

  it('answers 304 to what is known already, at no cost', async () => {
    const path = `/repos/acme/widget/contents/docs/a.md?ref=${first}`;
    const once = await get(path);
    const again = await get(path, { headers: { 'if-none-match': once.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    expect(again.headers.get('x-ratelimit-used')).toBe(once.headers.get('x-ratelimit-used'));
  });

  it('reads commits of a fork under the parent as GitHub does, though no branch there holds them', async () => {
    const { control } = acme.github;
    await control.createUser({ login: 'mallory' });
    await control.createRepository({ owner: 'mallory', name: 'widget', forkOf: 'acme/widget', private: false });
    const { after } = await control.push('mallory/widget', { pusher: 'mallory', files: { evil: 'x' }, parent: first });
    expect((await get(`/repos/acme/widget/contents/evil?ref=${after}`, raw)).text).toBe('x');
    expect((await get(`/repos/acme/widget/commits/${after}`)).status).toBe(200);
    expect((await get('/repos/acme/widget/git/ref/heads/main')).body).toMatchObject({ object: { sha: first } });
    expect((await get(`/repos/acme/widget/compare/${after}...main`)).body).toMatchObject({ status: 'behind' });
  });

  it('sends on from a former name', async () => {
    const { control } = acme.github;
    const { id } = await control.createRepository({ owner: 'acme', name: 'before', files: { a: 'a' } });
    await control.changeRepository('acme/before', { name: 'after' });
    const moved = await get('/repos/acme/before/contents/a');
    expect(moved.status).toBe(301);
    expect(moved.headers.get('location')).toBe(`${acme.github.apiUrl}/repositories/${id}/contents/a`);
    expect((await get(`/repositories/${id}/contents/a`, raw)).text).toBe('a');
    expect(await acme.hooks.last('repository')).toMatchObject({
      action: 'renamed',
      changes: { repository: { name: { from: 'before' } } },
    });
  });

  it('tells the App of a deleted repository in the way that the switch says', async () => {
    const { control } = acme.github;
    await control.createRepository({ owner: 'acme', name: 'short-lived' });
    acme.hooks.clear();
    await control.deleteRepository('acme/short-lived');
    await acme.hooks.of('repository');
    await acme.hooks.of('installation_repositories');
    expect((await get('/repos/acme/short-lived')).status).toBe(404);
  });

  it('breaks no description', async () => {
    expect(await acme.github.control.contractViolations()).toEqual([]);
  });
});
