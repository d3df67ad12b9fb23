import { Injectable } from '@nestjs/common';
import { Database, stuckPipelines } from '@crosstie/domain';
import { Clock, CrosstieConfig, Logger, Sweep } from '@crosstie/platform';

import { PipelineMover } from './pipeline-mover.js';

/** How long the bus is trusted to bring what happened to a job. */
const trustMs = 5_000;
const batch = 100;
/** It looks at every live pipeline, so it comes more rarely than the sweeps that read what is due from an index. */
const sweepsApart = 5;

/** Moves pipelines that should have moved: the net under lost events. */
@Injectable()
export class PipelineSweep extends Sweep {
  constructor(
    config: CrosstieConfig,
    logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly mover: PipelineMover,
  ) {
    super({
      name: 'pipeline sweep',
      intervalMs: config.sweepIntervalMs * sweepsApart,
      logger,
    });
  }

  /** One pass; answers whether there may be more. */
  protected async pass(): Promise<boolean> {
    const stuck = await this.database.run(stuckPipelines, new Date(this.clock.ms() - trustMs), batch);
    for (const { id } of stuck) if (!(await this.mover.settle(id))) await this.mover.touch(id);
    return stuck.length === batch;
  }
}
