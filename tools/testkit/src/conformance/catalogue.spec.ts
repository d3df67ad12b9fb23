import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

import { findGitlabRunner } from '../demo/runner.js';
import { catalogue, type Held } from './catalogue.js';

const root = resolve(import.meta.dirname, '../../../..');
/** Where tests of each kind stand. */
const folders: Record<NonNullable<Held['by']>, string> = {
  'a real gitlab-runner': 'tools/testkit/src/conformance',
  'a scripted runner': 'apps/runner-api/src/conformance',
};

/** The numbers that titles of a folder's specs begin with. */
async function numbersIn(folder: string): Promise<Set<number>> {
  const names = (await readdir(join(root, folder))).filter((name) => name.endsWith('.spec.ts'));
  const texts = await Promise.all(names.map((name) => readFile(join(root, folder, name), 'utf8')));
  return new Set(texts.flatMap((text) => [...text.matchAll(/'C(\d+):|"C(\d+):/g)].map(([, a, b]) => Number(a ?? b))));
}

describe('the fifty conformance tests', () => {
  const numbers = Array.from({ length: 50 }, (_, n) => n + 1);

  it('are each held, or left out with a reason', () => {
    expect(Object.keys(catalogue).map(Number)).toEqual(numbers);
  });

  it.each(['a real gitlab-runner', 'a scripted runner'] as const)('held by %s are there', async (by) => {
    const present = await numbersIn(folders[by]);
    const claimed = numbers.filter((number) => catalogue[number]?.by === by);
    expect(claimed.filter((number) => !present.has(number))).toEqual([]);
  });

  afterAll(async () => {
    const runner = await findGitlabRunner();
    const of = (by: Held['by']): string => numbers.filter((number) => catalogue[number]?.by === by).join(', ');
    const why = numbers.flatMap((number) => {
      const held = catalogue[number];
      return held && held.by === null ? [`  ${number}: ${held.why}`] : [];
    });
    const lines = [
      `held with ${runner?.label ?? 'a real gitlab-runner, of which there is none here: skipped'}: ${of('a real gitlab-runner')}`,
      `held with a scripted runner: ${of('a scripted runner')}`,
      'skipped:',
      ...why,
    ];
    process.stdout.write(`Conformance with the GitLab Runner protocol\n${lines.join('\n')}\n`);
  });
});
