import { describe, expect, it } from '@jest/globals';

import { projectOf } from './source-watch.js';

describe('watching sources', () => {
  it.each([
    ['libs/domain/src/queue/claim-job.sql.ts', 'libs/domain'],
    ['apps/runner-api/src/main.ts', 'apps/runner-api'],
    ['apps/runner-api/src/main.spec.ts', null],
    ['apps/runner-api/dist/main.js', null],
    ['apps/console/src/main.ts', null],
    ['libs/domain/package.json', null],
  ])('takes %s for a change of %s', (path, project) => {
    expect(projectOf(path)).toBe(project);
  });
});
