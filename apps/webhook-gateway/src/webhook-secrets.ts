import { Clock, CrosstieConfig } from '@crosstie/platform';
import type { Secret } from '@crosstie/platform';
import { Database } from '@crosstie/domain';
import { HookSecrets, Keyring } from '@crosstie/token-vault';
import { Injectable } from '@nestjs/common';

/** The secrets that a delivery may be signed with: the configuration's, else the vault's. */
@Injectable()
export class WebhookSecrets {
  private readonly vault: HookSecrets | null;

  constructor(
    private readonly config: CrosstieConfig,
    database: Database,
    clock: Clock,
  ) {
    const configured = config.github.webhookSecrets.length > 0 || config.encryptionKeys === null;
    this.vault = configured ? null : new HookSecrets(database, Keyring.fromConfig(config), clock);
  }

  /**
   * Newest first; none before the App is set up.
   *
   * @param again the ones known did not fit, so that a secret that was just changed is found
   */
  async current(again = false): Promise<readonly Secret[]> {
    const { host, webhookSecrets } = this.config.github;
    return this.vault ? this.vault.hookSecrets(host, again) : webhookSecrets;
  }
}
