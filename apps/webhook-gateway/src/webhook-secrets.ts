import type { CrosstieConfig, Secret } from '@crosstie/platform';
import type { HookSecrets } from '@crosstie/token-vault';

/** The secrets that a delivery may be signed with: the configuration's, else the vault's. */
export class WebhookSecrets {
  /** @param vault null where the configuration has them */
  constructor(
    private readonly config: CrosstieConfig,
    private readonly vault: HookSecrets | null,
  ) {}

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
