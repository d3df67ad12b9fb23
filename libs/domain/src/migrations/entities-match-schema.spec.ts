import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FreshDatabase, freshDatabase } from '@crosstie/testkit';
import type { DataSource } from 'typeorm';

import { createDataSource } from '../database/data-source.js';
import { migrate, migrationsPending } from '../database/migrate.js';

describe('the migrated schema', () => {
  let database: FreshDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await freshDatabase();
    dataSource = createDataSource({ url: database.url, applicationName: 'test' });
    await dataSource.initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('has the columns that the entities declare, of the same types', async () => {
    const wanted = await dataSource.driver.createSchemaBuilder().log();
    // Indexes, keys, checks and defaults are written by hand in the migrations; tables and columns must agree.
    const drift = wanted.upQueries
      .map(({ query }) => query)
      .filter((query) => /CREATE TABLE|DROP TABLE|(ADD|DROP) (COLUMN )?"\w+"|ALTER COLUMN/.test(query))
      .filter((query) => !/CONSTRAINT|(SET|DROP) DEFAULT/.test(query));
    expect(drift).toEqual([]);
  });

  it('is migrated once, whoever comes at the same time', async () => {
    const applied = await Promise.all([migrate(dataSource), migrate(dataSource), migrate(dataSource)]);
    expect(applied.flat()).toEqual([]);
    expect(await migrationsPending(dataSource)).toBe(false);
  });
});
