import { Injectable } from '@nestjs/common';
import { Database, freeResources } from '@crosstie/domain';
import { CrosstieConfig, Logger, Sweep } from '@crosstie/platform';

import { PipelineMover } from './pipeline-mover.js';
import { Resources } from './resources.js';

const batch = 100;
const sweepsApart = 5;

/** Gives away resources that were left free, because an event was lost or a process ended in between. */
@Injectable()
export class ResourceSweep extends Sweep {
  constructor(
    config: CrosstieConfig,
    logger: Logger,
    private readonly database: Database,
    private readonly resources: Resources,
    private readonly mover: PipelineMover,
  ) {
    const intervalMs = config.sweepIntervalMs * sweepsApart;
    super({ name: 'resource sweep', intervalMs, logger });
  }

  /** One pass. What still waits afterwards waits for a job whose turn has not come. */
  protected async pass(): Promise<void> {
    for (const { projectId, key } of await this.database.run(freeResources, batch)) {
      const served = await this.resources.give(projectId, key);
      if (served !== null) await this.mover.settle(served);
    }
  }
}
