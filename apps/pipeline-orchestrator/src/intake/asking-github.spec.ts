import { describe, expect, it } from '@jest/globals';
import type { CompareStatus, LoggedDelivery } from '@crosstie/github';

import { readCiFile } from './ci-file.js';
import { lagDelayMs, lagMsMax, outageDelayMs, outageMsMax } from './github-waits.js';
import { isSourceVerified } from './source-check.js';

const where = { fullName: 'acme/widget', configPath: 'gitlab/.gitlab-ci.yml', sha: 'a'.repeat(40) };
const source = { fullName: 'acme/widget', branch: 'main', sha: 'a'.repeat(40), guid: 'g1', githubRepositoryId: 101 };

/** GitHub's answers, one after the other. */
function files(answers: (Buffer | null)[], isVisible: boolean) {
  return {
    readFile: () => Promise.resolve(answers.shift() ?? null),
    commitExists: () => Promise.resolve(isVisible),
  };
}

describe('the CI file at a commit', () => {
  it('is there', async () => {
    expect(await readCiFile(files([Buffer.from('a: b')], true), where)).toEqual({ kind: 'text', text: 'a: b' });
  });

  it('is absent when the commit is there and the path is not', async () => {
    expect(await readCiFile(files([null, null], true), where)).toEqual({ kind: 'absent' });
  });

  it('is read again when the commit appeared after the first look', async () => {
    expect(await readCiFile(files([null, Buffer.from('x')], true), where)).toEqual({ kind: 'text', text: 'x' });
  });

  it('is not decided about while the commit is not visible', async () => {
    expect(await readCiFile(files([null], false), where)).toEqual({ kind: 'commit_not_visible' });
  });

  it('is no text when it is binary', async () => {
    expect(await readCiFile(files([Buffer.from([0xff, 0xfe, 0])], true), where)).toEqual({ kind: 'not_text' });
  });
});

function refs(head: string | null, stands: CompareStatus | null) {
  return { refHead: () => Promise.resolve(head), compare: () => Promise.resolve(stands) };
}

function log(pages: Partial<LoggedDelivery>[][]) {
  return () =>
    Promise.resolve({
      deliveries: (cursor: string | null = null) => {
        const page = Number(cursor ?? 0);
        const deliveries = (pages[page] ?? []) as LoggedDelivery[];
        return Promise.resolve({ deliveries, nextCursor: page + 1 < pages.length ? String(page + 1) : null });
      },
    });
}

const sent = { guid: 'g1', event: 'push', repositoryId: 101 };

describe('whether the branch really held the commit', () => {
  const elsewhere = 'c'.repeat(40);
  const table: readonly [string, string | null, CompareStatus | null, Partial<LoggedDelivery>[][], boolean][] = [
    ['the branch points at it', source.sha, null, [], true],
    ['the branch went on from it', elsewhere, 'ahead', [], true],
    ['the branch is behind it, as before a commit of a fork', elsewhere, 'behind', [], false],
    ['the branch was forced away and GitHub sent the delivery', elsewhere, 'diverged', [[], [sent]], true],
    ['the branch was forced away and nobody knows the delivery', elsewhere, 'diverged', [[{ guid: 'x' }]], false],
    ['the commit is not comparable', elsewhere, null, [], false],
    ['the branch is gone and GitHub sent the delivery', null, null, [[sent]], true],
    ['the branch is gone and nobody knows the delivery', null, null, [[]], false],
    ['the delivery was of another event', null, null, [[{ ...sent, event: 'ping' }]], false],
    ['the delivery was of another repository', null, null, [[{ ...sent, repositoryId: 102 }]], false],
  ];

  it.each(table)('%s', async (_, head, stands, pages, expected) => {
    expect(await isSourceVerified(refs(head, stands), log(pages), source)).toBe(expected);
  });
});

describe('waiting for GitHub', () => {
  it('looks again soon after a push, and gives up half a minute later', () => {
    expect(lagDelayMs({ attempts: 0, sinceMs: 5 })).toBe(500);
    expect(lagDelayMs({ attempts: 3, sinceMs: 4000 })).toBe(2000);
    expect(lagDelayMs({ attempts: 9, sinceMs: lagMsMax })).toBeNull();
  });

  it('looks at least once more at a push that was taken in late', () => {
    expect(lagDelayMs({ attempts: 0, sinceMs: 3_600_000 })).toBe(500);
  });

  it('asks a GitHub that is away again for ten minutes, and waits as long as it is told', () => {
    expect(outageDelayMs({ attempts: 0, sinceMs: 0 }, null)).toBe(1000);
    expect(outageDelayMs({ attempts: 7, sinceMs: 300_000 }, null)).toBe(60_000);
    expect(outageDelayMs({ attempts: 0, sinceMs: 0 }, 90_000)).toBe(90_000);
    expect(outageDelayMs({ attempts: 9, sinceMs: outageMsMax }, null)).toBeNull();
  });
});
