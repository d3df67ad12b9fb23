import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { hasFileKeys, keyedCaches } from './cache-keys.js';

const blobs = new Map([
  ['package-lock.json', 'b'.repeat(40)],
  ['libs/a/go.sum', 'a'.repeat(40)],
  ['libs/b/go.sum', 'c'.repeat(40)],
  ['copy.json', 'b'.repeat(40)],
]);
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(40));
const keyOf = (key: Parameters<typeof keyedCaches>[0][number]['key']) => keyedCaches([{ key }], blobs)[0]?.['key'];

describe('the key of a cache', () => {
  it.each([
    ['a text stays what it is', 'npm-$CI_COMMIT_REF_SLUG', 'npm-$CI_COMMIT_REF_SLUG'],
    ['one file', { files: ['package-lock.json'], prefix: 'npm' }, `npm-${sha1(b ?? '')}`],
    [
      'two files, by their ids in order',
      { files: ['package-lock.json', 'libs/a/go.sum'], prefix: 'x' },
      `x-${sha1(`${a}-${b}`)}`,
    ],
    [
      'two files of one content, once',
      { files: ['package-lock.json', 'copy.json'], prefix: 'x' },
      `x-${sha1(b ?? '')}`,
    ],
    [
      'a file that is not there beside one that is',
      { files: ['gone', 'copy.json'], prefix: 'x' },
      `x-${sha1(b ?? '')}`,
    ],
    ['files that are not there', { files: ['gone'], prefix: '$JOB' }, '$JOB-default'],
    ['files that a pattern finds', { files: ['libs/*/go.sum'], prefix: 'go' }, `go-${sha1(`${a}-${c}`)}`],
    ['an empty prefix', { files: ['copy.json'], prefix: '' }, sha1(b ?? '')],
    [
      'no prefix: the number of the cache and the names',
      { files: ['package-lock.json'] },
      `0_package-lock-${sha1(b ?? '')}`,
    ],
    ['no prefix and two files', { files: ['a.lock', 'copy.json'] }, `0_a_copy-${sha1(b ?? '')}`],
  ])('%s', (_, key, expected) => {
    expect(keyOf(key)).toBe(expected);
  });

  it('is another one when a file changes, and the same when it does not', () => {
    const key = { files: ['package-lock.json'], prefix: 'npm' };
    const changed = new Map([...blobs, ['package-lock.json', 'd'.repeat(40)]]);
    const grown = new Map([...blobs, ['new.txt', 'e'.repeat(40)]]);
    expect(keyedCaches([{ key }], changed)).not.toEqual(keyedCaches([{ key }], blobs));
    expect(keyedCaches([{ key }], grown)).toEqual(keyedCaches([{ key }], blobs));
  });

  it('asks for the names of files only where a key is made of them', () => {
    expect(hasFileKeys([{ cache: [{ key: 'x' }] }, { cache: [] }])).toBe(false);
    expect(hasFileKeys([{ cache: [{ key: 'x' }, { key: { files: ['a'] } }] }])).toBe(true);
  });
});
