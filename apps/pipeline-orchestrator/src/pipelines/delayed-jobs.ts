import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, duePipelines } from '@crosstie/domain';
import { Clock, CrosstieConfig, Logger, Loop } from '@crosstie/platform';

import { PipelineMover } from './pipeline-mover.js';

const batch = 100;

/**
 * Starts delayed jobs when their time has come. What is due follows from rows alone; a pass looks a little
 * ahead and wakes itself at the next time, so that jobs start on time and not with the next pass.
 */
@Injectable()
export class DelayedJobs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;
  private timer: NodeJS.Timeout | undefined;
  private readonly aheadMs: number;

  constructor(
    config: CrosstieConfig,
    logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly mover: PipelineMover,
  ) {
    this.aheadMs = config.sweepIntervalMs;
    const run = () => this.runOnce();
    this.loop = new Loop({ name: 'delayed jobs', intervalMs: config.sweepIntervalMs, run, logger });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    await this.loop.stop();
    clearTimeout(this.timer);
  }

  /** One pass; answers whether there may be more to do at once. */
  async runOnce(): Promise<boolean> {
    clearTimeout(this.timer);
    const soon = await this.database.run(duePipelines, new Date(this.clock.ms() + this.aheadMs), batch);
    const due = soon.filter(({ at }) => at.getTime() <= this.clock.ms());
    for (const { id } of due) await this.mover.settle(id);
    const next = soon.find(({ at }) => at.getTime() > this.clock.ms());
    if (next) this.timer = setTimeout(() => this.loop.wake(), next.at.getTime() - this.clock.ms());
    return due.length === batch;
  }
}
