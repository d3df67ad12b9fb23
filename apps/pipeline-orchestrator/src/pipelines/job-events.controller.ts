import { Controller } from '@nestjs/common';
import { EventHandler, type Incoming } from '@crosstie/messaging';

import { PipelineMover } from './pipeline-mover.js';

/** What runners have done to jobs, as runner-api tells it. */
@Controller()
export class JobEvents {
  constructor(private readonly mover: PipelineMover) {}

  @EventHandler('pipeline-orchestrator', 'job.started')
  async jobStarted({ payload }: Incoming<'job.started'>): Promise<void> {
    // Nothing follows from a further job of a pipeline that ran already.
    if (payload.pipelineStatus === 'running') return;
    await this.mover.jobStarted(payload.pipelineId, payload.jobId);
  }

  @EventHandler('pipeline-orchestrator', 'job.finished')
  async jobFinished({ payload }: Incoming<'job.finished'>): Promise<void> {
    await this.mover.settle(payload.pipelineId);
  }
}
