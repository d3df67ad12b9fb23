import { describe, expect, it } from '@jest/globals';
import type { PushTarget } from '@crosstie/domain';

import { earlyReason } from './early-reason.js';
import { type PushPayload, readPush } from './push-payload.js';
import { pushBody } from './testing/push-body.js';

const now = new Date('2026-11-24T12:00:05Z');

const target: PushTarget = {
  projectId: 1,
  host: 'github.com',
  fullName: 'acme/widget',
  defaultBranch: 'main',
  private: true,
  enabled: true,
  removed: false,
  configPath: 'gitlab/.gitlab-ci.yml',
  cloneWith: 'person',
  githubRepositoryId: 101,
  githubInstallationId: 11,
  ownerId: 5,
  suspended: false,
  gone: false,
};

const fresh = { host: 'github.com', sameBodyAs: null, replayed: false };

function push(changes: Partial<PushPayload> = {}): PushPayload {
  return { ...readPush({ ...pushBody(), commits: 1 }), ...changes };
}

describe('a push that makes no pipeline, as far as rows tell', () => {
  const table: readonly [string, Partial<PushPayload>, Partial<PushTarget> | null, string | null][] = [
    ['an ordinary push', {}, {}, null],
    ['a tag', { kind: 'tag' }, {}, 'tag'],
    ['a ref that is neither', { kind: 'other' }, {}, 'event_not_used'],
    ['a deleted branch', { deleted: true, after: '0'.repeat(40) }, {}, 'branch_deleted'],
    ['a push of nothing new', { before: 'a'.repeat(40) }, {}, 'no_change'],
    ['a repository that is not a project', {}, null, 'not_a_project'],
    ['a repository that left the installation', {}, { removed: true }, 'not_a_project'],
    ['an installation that is gone', {}, { gone: true }, 'not_a_project'],
    ['another installation than the repository has', { installationId: 12 }, {}, 'not_a_project'],
    ['no installation at all', { installationId: null }, {}, 'not_a_project'],
    ['a project that is off', {}, { enabled: false }, 'project_off'],
    ['a commit that asks for none', { asksToSkip: true }, {}, 'skipped'],
    ['a suspended installation, which is a refused pipeline', {}, { suspended: true }, null],
  ];

  it.each(table)('%s', (_, pushed, project, expected) => {
    const reason = earlyReason(fresh, push(pushed), project && { ...target, ...project }, now);
    expect(reason?.reason ?? null).toBe(expected);
  });
});

describe('a push that is suspect', () => {
  it('has the same body as another delivery', () => {
    expect(earlyReason({ ...fresh, sameBodyAs: 4 }, push(), target, now)).toEqual({
      reason: 'suspect',
      detail: 'same body as delivery 4',
      isAlarming: true,
    });
  });

  it.each([
    ['github.com', 3, null],
    ['github.com', 4, 'suspect'],
    ['ghes.example', 7, null],
    ['ghes.example', 8, 'suspect'],
  ])('is older than what %s keeps in its log: %d days', (host, days, expected) => {
    const pushedAt = new Date(now.getTime() - days * 24 * 3600 * 1000);
    expect(earlyReason({ ...fresh, host }, push({ pushedAt }), target, now)?.reason ?? null).toBe(expected);
  });

  it('is taken in when an operator has it replayed', () => {
    expect(earlyReason({ ...fresh, sameBodyAs: 4, replayed: true }, push(), target, now)).toBeNull();
  });
});
