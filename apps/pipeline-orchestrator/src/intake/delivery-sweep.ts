import { Injectable } from '@nestjs/common';
import { claimDueDeliveries, Database } from '@crosstie/domain';
import { Clock, CrosstieConfig, Logger, metrics, Sweep } from '@crosstie/platform';

import { Deliveries } from './deliveries.js';

/** How long the bus is trusted to bring a new delivery. */
const trustMs = 15_000;
/** When a delivery is taken up again if its turn ended without a trace. */
const leaseMs = 60_000;
const atOnce = 16;
/** A delivery that fails so often fails for ever; one that only waits for GitHub is decided long before. */
const failuresMax = 5;
const turnsMax = 40;

const redriven = metrics.counter('deliveries_redriven_total', 'Deliveries that the sweep took up');

/** Takes up deliveries that wait for GitHub, and those that the bus did not bring. */
@Injectable()
export class DeliverySweep extends Sweep {
  constructor(
    config: CrosstieConfig,
    private readonly logger: Logger,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly deliveries: Deliveries,
  ) {
    super({
      name: 'delivery sweep',
      intervalMs: config.sweepIntervalMs,
      logger,
    });
  }

  /** One pass; answers whether there may be more. */
  protected async pass(): Promise<boolean> {
    const now = this.clock.ms();
    const due = await this.database.run(
      claimDueDeliveries,
      new Date(now),
      new Date(now - trustMs),
      new Date(now + leaseMs),
      atOnce,
    );
    await Promise.all(due.map(({ id, attempts }) => this.take(id, attempts)));
    return due.length === atOnce;
  }

  private async take(id: number, attempts: number): Promise<void> {
    redriven.inc();
    if (attempts > turnsMax) return this.deliveries.bury(id, new Error(`given up after ${turnsMax} turns`));
    try {
      await this.deliveries.take(id);
    } catch (error) {
      this.logger.error('a delivery could not be handled', { deliveryId: id, attempts, err: error });
      if (attempts >= failuresMax) await this.deliveries.bury(id, error);
    }
  }
}
