import { beforeItServes } from '@crosstie/platform/early-end';

await beforeItServes(async () => {
  const { runService } = await import('@crosstie/messaging');
  const { PipelineOrchestratorModule } = await import('./pipeline-orchestrator.module.js');
  await runService('pipeline-orchestrator', PipelineOrchestratorModule);
});
