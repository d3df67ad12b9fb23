import { describe, expect, it } from '@jest/globals';

import { WrongShape } from './payload-shape.js';
import { messageBytesMax, readPush } from './push-payload.js';
import { pushBody } from './testing/push-body.js';

/** Bodies reach the reader with the number of their commits in place of them. */
function read(changes: Record<string, unknown> = {}) {
  return readPush({ ...pushBody(), commits: 1, ...changes });
}

describe('reading a push', () => {
  it('takes what is used of it', () => {
    expect(read()).toEqual({
      kind: 'branch',
      name: 'main',
      before: 'b'.repeat(40),
      after: 'a'.repeat(40),
      deleted: false,
      repositoryId: 101,
      fullName: 'acme/widget',
      defaultBranch: 'main',
      isPrivate: true,
      pushedAt: new Date('2026-11-24T12:00:00Z'),
      installationId: 11,
      sender: { id: 7, login: 'kim', isBot: false },
      commit: {
        title: 'Turn the widget',
        message: 'Turn the widget\n\nIt was upside down.',
        authorName: 'Kim',
        authorEmail: 'kim@example.com',
        timestamp: '2026-11-24T11:59:00.000Z',
      },
      asksToSkip: false,
    });
  });

  it.each(['$(touch x)', 'feature/ü', 'a;b', '<script>', 'a"b', "it's", 'refs/heads/main', '日本', 'a&b|c`d`'])(
    'takes a branch named %s as it is',
    (name) => {
      expect(read({ ref: `refs/heads/${name}` })).toMatchObject({ kind: 'branch', name });
    },
  );

  it('knows tags and other refs', () => {
    expect(read({ ref: 'refs/tags/v1.0' })).toMatchObject({ kind: 'tag', name: 'v1.0' });
    expect(read({ ref: 'refs/notes/commits' })).toMatchObject({ kind: 'other' });
  });

  it.each([
    ['[skip ci]', true],
    ['[ci skip]', true],
    ['[CI-SKIP] now', true],
    ['text [skip_ci] text', true],
    ['skip ci', false],
    ['[skip  ci]', false],
  ])('sees in "%s" whether no pipeline is wanted: %s', (message, expected) => {
    expect(read({ head_commit: { message } }).asksToSkip).toBe(expected);
  });

  it('knows a bot by its type, never by its name', () => {
    expect(read({ sender: { id: 9, login: 'x[bot]', type: 'User' } }).sender?.isBot).toBe(false);
    expect(read({ sender: { id: 9, login: 'x', type: 'Bot' } }).sender?.isBot).toBe(true);
  });

  it('takes a push without sender, installation or commit', () => {
    const push = read({ sender: null, installation: undefined, head_commit: null });
    expect(push).toMatchObject({ sender: null, installationId: null, commit: null });
  });

  it('takes the numbers of a SHA-256 repository', () => {
    expect(read({ after: 'c'.repeat(64) }).after).toHaveLength(64);
  });

  it('cuts a commit message of 1 MB with control characters and NUL', () => {
    const message = `title\u0000\u0007\n\n${'ü\u0000\u001b[31m'.repeat(200_000)}`;
    const { commit } = read({ head_commit: { message } });
    expect(Buffer.byteLength(commit?.message ?? '')).toBeLessThanOrEqual(messageBytesMax);
    expect(commit?.message).not.toContain('\u0000');
    expect(commit?.title).toBe('title\uFFFD\u0007');
  });

  it('replaces lone surrogates, which no database can hold', () => {
    const { commit, sender } = read({
      head_commit: { message: 'a\uD800b', author: { name: '\uDC00', email: 'x' } },
      sender: { id: 7, login: 'k\uD800', type: 'User' },
    });
    expect([commit?.message, commit?.authorName, sender?.login]).toEqual(['a\uFFFDb', '\uFFFD', 'k\uFFFD']);
  });

  const wrong: readonly [string, Record<string, unknown>, string][] = [
    ['commits: null', { commits: null }, 'commits is not a list'],
    ['head_commit: 7', { head_commit: 7 }, 'head_commit is not an object'],
    ['a ref of 64 KiB', { ref: `refs/heads/${'x'.repeat(65_536)}` }, 'ref is not a ref'],
    ['NUL in the ref', { ref: 'refs/heads/a\u0000b' }, 'ref is not a ref'],
    ['a line break in the ref', { ref: 'refs/heads/a\nb' }, 'ref is not a ref'],
    ['a lone surrogate in the ref', { ref: 'refs/heads/a\uD800' }, 'ref is not a ref'],
    ['a ref that is none', { ref: 'main' }, 'ref is not a ref'],
    ['a ref that is a number', { ref: 7 }, 'ref is not a text'],
    ['no repository', { repository: undefined }, 'repository is not an object'],
    ['a repository id that is a text', { repository: { id: '101', full_name: 'a/b' } }, 'repository.id is not an id'],
    ['an id beyond safe numbers', { repository: { id: 2 ** 60, full_name: 'a/b' } }, 'repository.id is not an id'],
    ['a sha of 39 characters', { after: 'a'.repeat(39) }, 'after is not a commit'],
    ['a sha that is a path', { after: '../../etc/passwd' }, 'after is not a commit'],
    ['a sender without a number', { sender: { login: 'kim' } }, 'sender.id is not an id'],
    ['an installation that is a list', { installation: [] }, 'installation is not an object'],
  ];

  it.each(wrong)('refuses %s and names the place', (_, changes, message) => {
    expect(() => read(changes)).toThrow(WrongShape);
    expect(() => read(changes)).toThrow(message);
  });

  it.each([null, 7, 'text', [], true])('refuses a body that is %j', (body) => {
    expect(() => readPush(body)).toThrow('the body is not an object');
  });

  it('refuses the body of a ping', () => {
    expect(() => readPush({ zen: 'Keep it logically awesome.', hook_id: 1, hook: { type: 'App' } })).toThrow(
      WrongShape,
    );
  });
});
