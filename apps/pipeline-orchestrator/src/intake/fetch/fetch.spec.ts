import { describe, expect, it } from '@jest/globals';

import { highest } from './components.js';
import { FetchBudget, TimeOver } from './fetch-budget.js';
import { nameOf, readKey } from './wanted-key.js';

const limits = { fileBytes: 10, allBytes: 20, totalMs: 60_000, remoteMs: 1000, atOnce: 2 };

describe('a key that the compiler wants', () => {
  it.each([
    ['ci/a.yml', 'Local file `ci/a.yml`'],
    ['project:acme/lib@v1:ci/a@b:c.yml', 'Project `acme/lib` file `ci/a@b:c.yml`'],
    ['project:acme/lib@feature/a@b:x.yml', 'Project `acme/lib` file `x.yml`'],
    ['remote:https://e.x/a.yml', 'Remote file `https://e.x/a.yml`'],
    ['template:Go.gitlab-ci.yml', 'Template `Go.gitlab-ci.yml`'],
    ['component:e.x/g/l/c@1', 'Component `e.x/g/l/c@1`'],
    ['a\u202e\n.yml', 'Local file `a\uFFFD\uFFFD.yml`'],
  ])('%s is called %s', (key, name) => {
    expect(nameOf(readKey(key))).toBe(name);
  });

  it('keeps the ref of a project apart from its file', () => {
    expect(readKey('project:acme/lib@a/b@c:d:e.yml')).toMatchObject({ ref: 'a/b@c', path: 'd:e.yml' });
  });
});

describe('the highest released version', () => {
  const tags = ['1.0.0', '1.2.0', '1.10.1', 'v2.0.0', '3.0.0-rc1', 'latest', '1.10.x'];

  it.each([
    ['~latest', 'v2.0.0'],
    ['1', '1.10.1'],
    ['1.2', '1.2.0'],
    ['1.3', null],
    ['3', null],
  ])('of %s is %s', (version, tag) => {
    expect(highest(tags, version)).toBe(tag);
  });
});

describe('what one pipeline may fetch', () => {
  it('goes to so many calls at once, and starts the next when one ends or fails', async () => {
    const budget = new FetchBudget(limits);
    const started: number[] = [];
    const ends: (() => void)[] = [];
    const calls = [0, 1, 2, 3].map((n) =>
      budget.run(async () => {
        started.push(n);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (n === 1) throw new Error('failed');
        return n;
      }),
    );
    const settled = Promise.allSettled(calls);
    await new Promise(setImmediate);
    expect(started).toEqual([0, 1]);
    ends[1]?.();
    await new Promise(setImmediate);
    expect(started).toEqual([0, 1, 2]);
    ends[0]?.();
    ends[2]?.();
    await new Promise(setImmediate);
    ends[3]?.();
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('has a time for everything, which nothing outlasts', async () => {
    const budget = new FetchBudget({ ...limits, totalMs: 20 });
    await expect(budget.run(() => new Promise(() => undefined))).rejects.toBeInstanceOf(TimeOver);
    await expect(budget.run(() => Promise.resolve(1))).rejects.toBeInstanceOf(TimeOver);
  });

  it('has a size for everything', () => {
    const budget = new FetchBudget(limits);
    expect([budget.take(15), budget.take(10), budget.take(5), budget.take(1)]).toEqual([true, false, true, false]);
  });
});
