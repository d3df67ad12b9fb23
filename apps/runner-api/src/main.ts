import { beforeItServes } from '@crosstie/platform/early-end';

await beforeItServes(async () => {
  const { runService } = await import('@crosstie/messaging');
  const { RunnerApiModule } = await import('./runner-api.module.js');
  await runService('runner-api', RunnerApiModule);
});
