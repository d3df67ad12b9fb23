import { Injectable } from '@nestjs/common';
import { GithubError } from '@crosstie/github';
import { CrosstieConfig, Logger, Sweep } from '@crosstie/platform';
import { TokenRefused } from '@crosstie/token-vault';

import { DeliveryRecovery } from './delivery-recovery.js';

/** Reads GitHub's delivery log at start and then at the configured interval. */
@Injectable()
export class RecoveryLoop extends Sweep {
  constructor(
    config: CrosstieConfig,
    private readonly logger: Logger,
    private readonly recovery: DeliveryRecovery,
  ) {
    super({
      name: 'delivery recovery',
      intervalMs: config.recoveryIntervalMs,
      logger,
    });
  }

  /** One pass. That there is no App yet, or no GitHub now, is no fault: the next pass finds what was missed. */
  protected async pass(): Promise<void> {
    try {
      await this.recovery.runOnce();
    } catch (error) {
      if (error instanceof TokenRefused && error.reason === 'app_missing') return;
      if (!(error instanceof TokenRefused) && !(error instanceof GithubError)) throw error;
      this.logger.warn("GitHub's delivery log could not be read", { err: error });
    }
  }
}
