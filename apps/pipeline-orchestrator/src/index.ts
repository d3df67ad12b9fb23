export { PipelineOrchestratorModule } from './pipeline-orchestrator.module.js';
