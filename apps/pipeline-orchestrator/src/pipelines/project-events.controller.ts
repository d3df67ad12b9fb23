import { Controller } from '@nestjs/common';
import { Database, projectReach, requeueProject } from '@crosstie/domain';
import { EventHandler, type Incoming, Wakes } from '@crosstie/messaging';

import { PipelineCanceler } from './pipeline-canceler.js';

/** What becomes of a project's pipelines when GitHub lets the App in no more, or again. */
@Controller()
export class ProjectEvents {
  constructor(
    private readonly database: Database,
    private readonly wakes: Wakes,
    private readonly canceler: PipelineCanceler,
  ) {}

  @EventHandler('pipeline-orchestrator', 'project.changed')
  async projectChanged({ payload }: Incoming<'project.changed'>): Promise<void> {
    const reach = await this.database.first(projectReach, payload.projectId);
    if (reach?.gone) {
      for (const pipelineId of reach.livePipelines) await this.canceler.cancel(pipelineId, null);
    } else if (reach?.reachable && reach.livePipelines.length > 0) {
      const queued = await this.database.run(requeueProject, payload.projectId);
      this.wakes.publish(queued.map((entry) => entry.laneId));
    }
  }
}
