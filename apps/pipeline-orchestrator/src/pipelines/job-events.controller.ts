import { Controller } from '@nestjs/common';
import { EventHandler, type Incoming } from '@crosstie/messaging';

import { Coverage } from './coverage.js';
import { RedundantPipelines } from './redundant-pipelines.js';
import { PipelineMover } from './pipeline-mover.js';

/** What came of pushes and what runners have done to jobs. */
@Controller()
export class JobEvents {
  constructor(
    private readonly mover: PipelineMover,
    private readonly redundant: RedundantPipelines,
    private readonly coverage: Coverage,
  ) {}

  @EventHandler('pipeline-orchestrator', 'pipeline.created')
  async pipelineCreated({ payload }: Incoming<'pipeline.created'>): Promise<void> {
    await this.redundant.endOlderThan(payload.pipelineId);
    // Its first jobs may wait for a resource that is free.
    await this.mover.settle(payload.pipelineId);
  }

  @EventHandler('pipeline-orchestrator', 'job.started')
  async jobStarted({ payload }: Incoming<'job.started'>): Promise<void> {
    // Nothing follows from a further job of a pipeline that ran already.
    if (payload.pipelineStatus === 'running') return;
    await this.mover.jobStarted(payload.pipelineId, payload.jobId);
  }

  @EventHandler('pipeline-orchestrator', 'job.finished')
  async jobFinished({ payload }: Incoming<'job.finished'>): Promise<void> {
    await this.mover.settle(payload.pipelineId);
    await this.coverage.note(payload.pipelineId, payload.jobId);
  }
}
