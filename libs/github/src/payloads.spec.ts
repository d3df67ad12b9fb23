import { describe, expect, it } from '@jest/globals';
import { parseInstallation, parseInstallationRepositories, parsePush } from './payloads.js';

const sha = 'b'.repeat(40);
const repository = {
  id: 9,
  name: 'widget',
  full_name: 'acme/widget',
  owner: { id: 3, login: 'acme' },
  pushed_at: 1_700_000_000,
};
const push = {
  ref: 'refs/heads/main',
  before: '0'.repeat(40),
  after: sha,
  repository,
  sender: { id: 42, login: 'dana', type: 'User' },
  installation: { id: 7 },
  head_commit: { id: sha, message: 'Hi', author: { name: 'Dana', email: 'd@example.com' } },
  commits: [],
};
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('reading a push', () => {
  it('takes what the pipeline needs', () => {
    expect(parsePush(bytes(push))).toMatchObject({
      ref: 'refs/heads/main',
      after: sha,
      repository: { id: 9, fullName: 'acme/widget', ownerId: 3, ownerLogin: 'acme' },
      sender: { id: 42, login: 'dana', type: 'User' },
      installationId: 7,
      pushedAt: new Date(1_700_000_000_000),
      headCommit: { id: sha, message: 'Hi', authorName: 'Dana' },
    });
  });

  it('lives with what GitHub may leave out', () => {
    const { sender: _, installation: __, head_commit: ___, commits: ____, ...bare } = push;
    expect(parsePush(bytes(bare))).toMatchObject({ sender: null, installationId: null, headCommit: null, commits: [] });
  });

  it('takes 2,048 commits', () => {
    const commits = Array.from({ length: 2048 }, () => ({ id: sha, message: 'm', added: ['a'] }));
    expect(parsePush(bytes({ ...push, commits }))?.commits).toHaveLength(2048);
  });

  it('replaces what a database cannot hold in a text', () => {
    const head_commit = { id: sha, message: 'a\0b\uD800c' };
    expect(parsePush(bytes({ ...push, head_commit }))?.headCommit?.message).toBe('a\uFFFDb\uFFFDc');
  });

  it.each([
    ['not JSON', Buffer.from('{')],
    ['not UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.from('fffe', 'hex'), Buffer.from('"}')])],
    ['empty', Buffer.alloc(0)],
    ['a list', bytes([push])],
    ['null', bytes(null)],
    ['without a repository', bytes({ ...push, repository: null })],
    ['with a ref that is a number', bytes({ ...push, ref: 7 })],
    ['with a sha that is none', bytes({ ...push, after: '../../x' })],
    ['with a repository id beyond exact numbers', bytes({ ...push, repository: { ...repository, id: 1e300 } })],
    ['a ping', bytes({ zen: 'x', hook_id: 1 })],
  ])('answers null for a body that is %s', (_name, body) => {
    expect(parsePush(body)).toBeNull();
  });
});

describe('reading an installation', () => {
  const installation = {
    id: 7,
    app_id: 1,
    account: { id: 3, login: 'acme', type: 'Organization' },
    permissions: { contents: 'read' },
  };

  it('takes its account, permissions and repositories', () => {
    const repositories = [{ id: 9, name: 'widget', full_name: 'acme/widget', private: true }, { id: 'x' }, null];
    expect(parseInstallation(bytes({ action: 'created', installation, repositories }))).toMatchObject({
      action: 'created',
      installation: { id: 7, accountLogin: 'acme', permissions: { contents: 'read' } },
      repositories: [{ id: 9, fullName: 'acme/widget', isPrivate: true }],
    });
  });

  it('tells repositories that came from those that went', () => {
    const change = {
      action: 'removed',
      installation,
      repositories_added: [],
      repositories_removed: [{ id: 9, full_name: 'acme/widget' }],
    };
    expect(parseInstallationRepositories(bytes(change))).toMatchObject({
      added: [],
      removed: [{ id: 9, name: 'widget' }],
    });
  });
});
