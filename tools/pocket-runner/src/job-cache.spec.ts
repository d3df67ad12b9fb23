import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { type CacheContext, keepCache, restoreCache } from './job-cache.js';

describe('a cache', () => {
  let root: string;
  let said: string[];
  let context: CacheContext;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'job-cache-'));
    said = [];
    context = {
      dir: join(root, 'work'),
      cacheDir: join(root, 'cache'),
      tempDir: join(root, 'temp'),
      expand: (text) => text.replaceAll('$BRANCH', 'main'),
      untracked: () => Promise.resolve(['loose.txt']),
      say: (line) => void said.push(line),
    };
    await mkdir(context.tempDir);
    await empty();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  /** A working copy of another job. */
  async function empty(): Promise<void> {
    await rm(context.dir, { recursive: true, force: true });
    await mkdir(join(context.dir, 'deps'), { recursive: true });
  }

  const write = (name: string, text: string) => writeFile(join(context.dir, name), text);
  const read = (name: string) => readFile(join(context.dir, name), 'utf8').catch(() => null);

  it('comes back under its key, with what its paths named and nothing else', async () => {
    await write('deps/a.txt', 'a');
    await write('other.txt', 'b');
    await keepCache({ key: 'k-$BRANCH', paths: ['deps/'] }, true, context);
    await empty();
    await restoreCache({ key: 'k-main' }, context);
    expect(await read('deps/a.txt')).toBe('a');
    expect(await read('other.txt')).toBeNull();
  });

  it('comes from the first fallback key that has one', async () => {
    await write('deps/a.txt', 'older');
    await keepCache({ key: 'second', paths: ['deps/'] }, true, context);
    await empty();
    await restoreCache({ key: 'new', fallback_keys: ['first', 'second'] }, context);
    expect(await read('deps/a.txt')).toBe('older');
    await empty();
    await restoreCache({ key: 'new', fallback_keys: ['first'] }, context);
    expect(await read('deps/a.txt')).toBeNull();
    expect(said.at(-1)).toBe('No cache for new');
  });

  it.each([
    ['pull', 'on_success', true, false],
    ['push', 'on_success', true, true],
    ['pull-push', 'on_success', false, false],
    ['pull-push', 'on_failure', false, true],
    ['pull-push', 'on_failure', true, false],
    ['pull-push', 'always', false, true],
  ])('with policy %s and when %s, after a job that ended well: %s, is put away: %s', async (policy, when, ok, kept) => {
    await write('deps/a.txt', 'a');
    await keepCache({ key: 'k', paths: ['deps/'], policy, when }, ok, context);
    await empty();
    await restoreCache({ key: 'k' }, context);
    expect(await read('deps/a.txt')).toBe(kept ? 'a' : null);
  });

  it('with policy push is not fetched', async () => {
    await write('deps/a.txt', 'a');
    await keepCache({ key: 'k', paths: ['deps/'] }, true, context);
    await empty();
    await restoreCache({ key: 'k', policy: 'push' }, context);
    expect(await read('deps/a.txt')).toBeNull();
  });

  it('takes untracked files along, and stays in its own folder whatever its key is', async () => {
    await write('loose.txt', 'loose');
    await keepCache({ key: '../../$BRANCH', untracked: true }, true, context);
    await empty();
    await restoreCache({ key: '../../main' }, context);
    expect(await read('loose.txt')).toBe('loose');
    expect(await readFile(join(context.cacheDir, '..%2F..%2Fmain.zip'))).toBeDefined();
  });
});
