import { describe, expect, it } from '@jest/globals';
import { parseInstallation, parseInstallationRepositories, parseRepository } from './payloads.js';

const repository = { id: 9, name: 'widget', full_name: 'acme/widget', owner: { id: 3, login: 'acme' } };
const renamed = { action: 'renamed', repository, installation: { id: 7 } };
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('reading a repository', () => {
  it('takes its number, its name and its owner', () => {
    expect(parseRepository(bytes(renamed))).toMatchObject({
      action: 'renamed',
      repository: { id: 9, fullName: 'acme/widget', ownerId: 3, ownerLogin: 'acme' },
      installationId: 7,
    });
  });

  it('replaces what a database cannot hold in a text', () => {
    const odd = { ...renamed, repository: { ...repository, full_name: 'acme/a\0b\uD800c' } };
    expect(parseRepository(bytes(odd))?.repository.fullName).toBe('acme/a\uFFFDb\uFFFDc');
  });

  it.each([
    ['not JSON', Buffer.from('{')],
    ['not UTF-8', Buffer.concat([Buffer.from('{"a":"'), Buffer.from('fffe', 'hex'), Buffer.from('"}')])],
    ['empty', Buffer.alloc(0)],
    ['a list', bytes([renamed])],
    ['null', bytes(null)],
    ['without a repository', bytes({ ...renamed, repository: null })],
    ['with an action that is a number', bytes({ ...renamed, action: 7 })],
    ['with a repository id beyond exact numbers', bytes({ ...renamed, repository: { ...repository, id: 1e300 } })],
    ['a ping', bytes({ zen: 'x', hook_id: 1 })],
  ])('answers null for a body that is %s', (_name, body) => {
    expect(parseRepository(body)).toBeNull();
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
