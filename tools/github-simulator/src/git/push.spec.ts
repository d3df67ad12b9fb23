import { createHmac, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Acme } from '../testing/acme.js';

const zero = '0'.repeat(40);

describe('a push by real git', () => {
  const acme = new Acme();

  beforeAll(async () => {
    await acme.start();
    await acme.git(['clone', '-q', acme.cloneUrl('kim', acme.kim.token), 'work']);
  });
  afterAll(() => acme.stop());
  beforeEach(() => acme.hooks.clear());

  async function commit(file: string, content = file): Promise<void> {
    await writeFile(join(acme.folder, 'work', file), content);
    await acme.git(['add', '-A'], 'work');
    await acme.git(['commit', '-qm', `Write ${file}`], 'work');
  }
  const push = (...args: string[]): Promise<{ status: number; output: string }> =>
    acme.git(['push', '-q', 'origin', ...args], 'work');
  const head = async (): Promise<string> => (await acme.git(['rev-parse', 'HEAD'], 'work')).output.trim();

  it('makes one signed delivery with the files of each commit', async () => {
    await commit('a.txt');
    await commit('.gitlab-ci.yml', 'job: {script: "false"}');
    expect((await push('HEAD')).status).toBe(0);

    const [delivery] = await acme.hooks.of('push');

    const signature = createHmac('sha256', acme.app.webhookSecret ?? '')
      .update(delivery?.body ?? '')
      .digest('hex');
    expect(delivery?.headers).toMatchObject({
      'x-hub-signature-256': `sha256=${signature}`,
      'content-type': 'application/json',
      'x-github-hook-id': String(acme.app.hookId),
      'x-github-hook-installation-target-id': String(acme.app.id),
      'x-github-hook-installation-target-type': 'integration',
    });
    expect(delivery?.headers['user-agent']).toMatch(/^GitHub-Hookshot\//);
    expect(delivery?.headers['x-github-delivery']).toMatch(/^[0-9a-f-]{36}$/);
    expect(delivery?.payload).toMatchObject({
      ref: 'refs/heads/main',
      after: await head(),
      created: false,
      deleted: false,
      forced: false,
      commits: [
        { added: ['a.txt'], modified: [], removed: [], author: { username: 'kim' } },
        { added: [], modified: ['.gitlab-ci.yml'] },
      ],
      head_commit: { id: await head() },
      pusher: { name: 'kim' },
      sender: { id: acme.kim.id, type: 'User' },
      repository: { id: acme.widgetId, full_name: 'acme/widget' },
      organization: { login: 'acme' },
      installation: { id: acme.installationId },
    });
  });

  it('takes branches with unusual names as they are', async () => {
    const names = ['feature/ü', 'a;b', '<script>', '$(touch${IFS}x)'];
    for (const name of names) expect((await push(`HEAD:refs/heads/${name}`)).status).toBe(0);
    const refs = (await acme.hooks.of('push', names.length)).map((each) => each.payload['ref']);
    expect(refs).toEqual(names.map((name) => `refs/heads/${name}`));
    const branch = await acme.ask(
      `/repos/acme/widget/branches/${encodeURIComponent('feature/ü')}`,
      `Bearer ${await acme.installationToken()}`,
    );
    expect(branch.body).toMatchObject({ name: 'feature/ü', commit: { sha: await head() } });
  });

  it('marks created, forced and deleted branches', async () => {
    await push('HEAD:refs/heads/moving');
    await push('--force', 'HEAD~1:refs/heads/moving');
    await push(':refs/heads/moving');
    const [created, forced, deleted] = (await acme.hooks.of('push', 3)).map((each) => each.payload);
    expect(created).toMatchObject({ created: true, before: zero, commits: [], head_commit: { id: await head() } });
    expect(forced).toMatchObject({ forced: true, created: false, commits: [] });
    expect(deleted).toMatchObject({ deleted: true, after: zero, head_commit: null, commits: [] });
  });

  it('gives the tag object as `after` of an annotated tag, and its commit as head', async () => {
    await acme.git(['tag', '-a', 'v1', '-m', 'One'], 'work');
    await push('v1');
    const payload = await acme.hooks.last('push');
    const tag = (await acme.git(['rev-parse', 'v1'], 'work')).output.trim();
    expect(payload).toMatchObject({
      ref: 'refs/tags/v1',
      after: tag,
      head_commit: { id: await head() },
      base_ref: 'refs/heads/main',
    });
    expect(tag).not.toBe(await head());
  });

  it('says nothing about more than three tags at once', async () => {
    for (const name of ['t1', 't2', 't3', 't4']) await acme.git(['tag', name], 'work');
    await push('t1', 't2', 't3', 't4', 'HEAD:refs/heads/beside');
    const refs = (await acme.hooks.of('push')).map((each) => each.payload['ref']);
    expect(refs).toEqual(['refs/heads/beside']);
  });

  it('lets the delivery leave within 50 ms after git is done', async () => {
    await commit('quick.txt');
    await push('HEAD');
    await acme.hooks.of('push');
    const received = (await acme.github.control.received({ route: 'git-receive-pack' })).at(-1);
    const [delivery] = (await acme.github.control.deliveries({ event: 'push' })).slice(-1);
    const waited = Number(BigInt(delivery?.sentNs ?? 0) - BigInt(received?.finishedNs ?? 0)) / 1e6;
    expect(waited).toBeLessThan(50);
  });

  it('is refused to a reader, and a stranger sees nothing', async () => {
    const rae = await acme.github.control.createUser({ login: 'rae' });
    await acme.github.control.addCollaborator('acme/widget', 'rae', 'read');
    const refused = await acme.git(['push', '-q', acme.cloneUrl('rae', rae.token), 'HEAD:refs/heads/x'], 'work');
    expect(refused.output).toContain('Permission to acme/widget.git denied to rae');
    const eve = await acme.github.control.createUser({ login: 'eve' });
    expect((await acme.git(['ls-remote', acme.cloneUrl('eve', eve.token)])).output).toContain('Repository not found');
    expect((await acme.git(['ls-remote', `${acme.github.url}/acme/widget.git`])).status).not.toBe(0);
  });

  it('clones with an installation token of one repository and nothing else', async () => {
    const token = await acme.installationToken({ repository_ids: [acme.widgetId], permissions: { contents: 'read' } });
    expect((await acme.git(['ls-remote', acme.cloneUrl('x-access-token', token)])).output).toContain('refs/heads/main');
    const pushed = await acme.git(['push', '-q', acme.cloneUrl('x-access-token', token), 'HEAD:refs/heads/x'], 'work');
    expect(pushed.output).toContain('Write access to repository not granted');
    await acme.github.control.createRepository({ owner: 'acme', name: 'other', files: { a: 'a' } });
    const other = await acme.git(['ls-remote', acme.cloneUrl('x-access-token', token, 'other')]);
    expect(other.output).toContain('Repository not found');
    const noContents = await acme.installationToken({ permissions: { statuses: 'write' } });
    const misled = await acme.git(['ls-remote', acme.cloneUrl('x-access-token', noContents)]);
    expect(misled.output).toContain('Write access to repository not granted');
  });

  it('fetches any commit by its id, and public repositories without a name', async () => {
    await acme.github.control.createRepository({ owner: 'acme', name: 'open', private: false, files: { a: 'a' } });
    const first = await acme.github.control.push('acme/open', { pusher: 'kim', files: { b: 'b' } });
    await acme.github.control.push('acme/open', { pusher: 'kim', files: { c: 'c' }, parent: first.before });
    await acme.git(['init', '-q', 'byid']);
    const fetched = await acme.git(['fetch', '-q', `${acme.github.url}/acme/open.git`, first.after], 'byid');
    expect(fetched).toEqual({ status: 0, output: '' });
  });

  it('takes a push of several megabytes, sent in chunks', async () => {
    await commit('large.bin', randomBytes(4_000_000).toString('latin1'));
    expect((await push('HEAD')).status).toBe(0);
    expect(await acme.hooks.last('push')).toMatchObject({ after: await head(), commits: [{ added: ['large.bin'] }] });
  });

  it('describes every push as GitHub publishes it', async () => {
    expect(await acme.github.control.contractViolations()).toEqual([]);
  });
});
