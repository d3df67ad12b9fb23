import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@crosstie/testkit';

import {
  createDataSource,
  Database,
  findPushTarget,
  numberPushTarget,
  saveInstallation,
  saveProjects,
} from '../index.js';

let fresh: FreshDatabase;
let db: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  const dataSource = createDataSource({ url: fresh.url, applicationName: 'test' });
  await dataSource.initialize();
  db = new Database(dataSource);
  await db.run(saveInstallation, 'github.com', 11, 5, 'acme', 'Organization', '{}', 'all', null, new Date());
  await db.run(saveProjects, 'github.com', 1, [101], ['acme/widget'], [true]);
});

afterAll(async () => {
  await db.dataSource.destroy();
  await fresh.drop();
});

describe('the project of a push', () => {
  it('is found for a lint without a number, which only a pipeline takes', async () => {
    const first = await db.first(numberPushTarget, 'github.com', 101);
    const { nextPipelineId, ...target } = first ?? {};
    expect(await db.first(findPushTarget, 'github.com', 101)).toEqual(target);
    const next = await db.first(numberPushTarget, 'github.com', 101);
    expect(next?.nextPipelineId).toBe((nextPipelineId ?? 0) + 1);
  });
});
