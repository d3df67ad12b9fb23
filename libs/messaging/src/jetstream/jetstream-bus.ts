import type { Database } from '@crosstie/domain';
import type { Logger } from '@crosstie/platform';

import { type BusOptions } from '../bus/bus.js';
import { InProcessBus } from '../in-process/in-process-bus.js';

export interface JetStreamOptions {
  readonly url: string;
  readonly name: string;
}

export class JetStreamBus extends InProcessBus {
  constructor(
    readonly nats: JetStreamOptions,
    database: Database,
    logger: Logger,
    options: Partial<BusOptions> = {},
  ) {
    super(database, logger, options);
  }
}
