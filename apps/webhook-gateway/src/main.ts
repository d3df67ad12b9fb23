import { beforeItServes } from '@crosstie/platform/early-end';

await beforeItServes(async () => {
  const { runService } = await import('@crosstie/messaging');
  const { WebhookGatewayModule } = await import('./webhook-gateway.module.js');
  await runService('webhook-gateway', WebhookGatewayModule);
});
