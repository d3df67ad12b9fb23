import { CrosstieConfig, Logger, Loop } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { StatusSender } from './status-sender.js';
import { WantedStatuses } from './wanted-statuses.js';

/** What no event told of is looked for in each tenth pass, and in the first. */
const passesBetween = 10;

/** Goes by the rows alone: whatever the bus lost, and whatever waits for its time, is taken up again. */
@Injectable()
export class StatusSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;
  private passes = 0;

  constructor(
    private readonly wanted: WantedStatuses,
    private readonly sender: StatusSender,
    private readonly config: CrosstieConfig,
    logger: Logger,
  ) {
    const run = () => this.pass();
    this.loop = new Loop({ name: 'status sweep', intervalMs: config.sweepIntervalMs, run, logger });
  }

  async onApplicationBootstrap(): Promise<void> {
    // Without NATS nobody else sends: what is claimed now was claimed by a process that is dead.
    if (this.config.natsUrl === null) await this.sender.takeOver();
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await this.sender.stop();
  }

  private async pass(): Promise<void> {
    if (this.passes++ % passesBetween === 0) await this.wanted.sweep();
    await this.sender.sweep();
  }
}
