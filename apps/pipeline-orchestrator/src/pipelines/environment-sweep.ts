import { Injectable } from '@nestjs/common';
import { Database, environmentsToStop, stopEnvironment } from '@crosstie/domain';
import { Clock, CrosstieConfig, Logger, Sweep } from '@crosstie/platform';

import { EnvironmentStops } from '../definitions/environment-stops.js';
import { JobRetrier } from './job-retrier.js';

const batch = 100;
/** `auto_stop_in` speaks of hours and days. */
const sweepsApart = 10;

/** Stops environments whose time is over, in the name of who deployed to them last. */
@Injectable()
export class EnvironmentSweep extends Sweep {
  constructor(
    config: CrosstieConfig,
    logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly stops: EnvironmentStops,
    private readonly retrier: JobRetrier,
  ) {
    const intervalMs = config.sweepIntervalMs * sweepsApart;
    super({ name: 'environment sweep', intervalMs, logger });
  }

  /** One pass. A job that stops one and was started once is left alone, whatever became of it. */
  protected async pass(): Promise<void> {
    for (const due of await this.database.run(environmentsToStop, this.clock.now(), batch)) {
      const job = await this.stops.jobOf(due.projectId, due.name);
      if (!job) await this.database.run(stopEnvironment, due.id, this.clock.now());
      else if (job.status === 'manual') await this.retrier.playJob(job.pipelineId, job.id, due.userId, []);
    }
  }
}
