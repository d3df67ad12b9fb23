import { beforeItServes } from '@crosstie/platform/early-end';

await beforeItServes(async () => {
  const { runService } = await import('@crosstie/messaging');
  const { StatusReporterModule } = await import('./status-reporter.module.js');
  await runService('status-reporter', StatusReporterModule);
});
