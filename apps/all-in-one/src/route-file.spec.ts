import { IdentityLinkerModule } from '@crosstie/identity-linker';
import type { ServiceModule, ServiceName } from '@crosstie/messaging';
import { PipelineOrchestratorModule } from '@crosstie/pipeline-orchestrator';
import { createHttpApp, ownerOf } from '@crosstie/platform';
import { RunnerApiModule } from '@crosstie/runner-api';
import { StatusReporterModule } from '@crosstie/status-reporter';
import { type TestContext, testContext } from '@crosstie/testkit';
import { WebhookGatewayModule } from '@crosstie/webhook-gateway';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const modules: Record<ServiceName, ServiceModule> = {
  'webhook-gateway': WebhookGatewayModule,
  'identity-linker': IdentityLinkerModule,
  'pipeline-orchestrator': PipelineOrchestratorModule,
  'runner-api': RunnerApiModule,
  'status-reporter': StatusReporterModule,
};
const services = Object.keys(modules) as ServiceName[];

describe('the route file', () => {
  let context: TestContext;
  beforeAll(async () => {
    // No object is read or written here.
    context = await testContext({ config: { objectStore: 'file:///nonexistent/objects' } });
  });
  afterAll(() => context.stop());

  /** What a service alone really answers. */
  async function routesOf(service: ServiceName): Promise<{ method: string; url: string }[]> {
    const found: { method: string; url: string }[] = [];
    const app = await createHttpApp(modules[service].register(context), context);
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRoute', ({ method, url }: { method: string | string[]; url: string }) => {
        for (const each of [method].flat()) found.push({ method: each, url });
      });
    await app.init();
    await app.close();
    return found;
  }

  it.each(services)('gives each route of %s to it', async (service) => {
    const strangers = (await routesOf(service))
      .filter(({ method }) => method !== 'HEAD' && method !== 'OPTIONS')
      .map(({ method, url }) => ({ method, url, owner: ownerOf(method, url.replaceAll(/:\w+/g, '1')) }))
      .filter(({ owner }) => owner !== service);
    expect(strangers).toEqual([]);
  });

  it('names a service for every pattern that answers there', async () => {
    expect((await routesOf('webhook-gateway')).map(({ url }) => url)).toContain('/webhooks/github');
    expect((await routesOf('runner-api')).map(({ url }) => url)).toContain('/api/v4/jobs/request');
    expect((await routesOf('status-reporter')).filter(({ url }) => url !== '*')).toEqual([]);
  });
});
