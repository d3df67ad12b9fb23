import { runService } from '@crosstie/messaging';

import { PipelineOrchestratorModule } from './pipeline-orchestrator.module.js';

await runService('pipeline-orchestrator', PipelineOrchestratorModule);
