import { WebhookDelivery } from '@crosstie/domain';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type TestContext, testContext } from './test-context.js';

describe('a test context', () => {
  let context: TestContext;
  beforeAll(async () => {
    context = await testContext();
  });
  afterAll(() => context.stop());

  it('reaches an empty database and a clock that can be moved', async () => {
    expect(await context.database.dataSource.getRepository(WebhookDelivery).count()).toBe(0);
    const before = context.clock.ms();
    context.clock.advance(60_000);
    expect(context.clock.ms() - before).toBeGreaterThanOrEqual(60_000);
  });
});
