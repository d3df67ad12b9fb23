import {
  closeExpiredLeases,
  markLeaseRevoked,
  postponeRevocation,
  retireLeftLeases,
  retirePipelineLeases,
  takeLeasesToRevoke,
  type Database,
  type RetiredLease,
} from '@crosstie/domain';
import { GithubClient, GithubError, OauthClient, type GithubHost } from '@crosstie/github';
import type { Clock, Logger, Secret } from '@crosstie/platform';

import type { AppSecrets } from './app-secrets.js';
import type { Keyring } from './keyring.js';
import { openLease } from './lease-seal.js';

const batchMax = 50;
/** After so many tries a token is left to its own end, which is at most hours away. */
const attemptsMax = 12;
const waitMsMax = 10 * 60_000;

/**
 * Ends at GitHub what nobody may use any more. A lease goes from living to retired (never handed out again) to
 * revoked (GitHub confirmed it, or its time was over); the text of a token is kept no longer than that.
 */
export class RetiredTokens {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly app: AppSecrets,
    private readonly github: GithubHost,
  ) {}

  /** A pipeline is over: its tokens are retired at once. They are deleted at GitHub by the next pass. */
  async retirePipeline(pipelineId: number): Promise<number> {
    return (await this.database.run(retirePipelineLeases, pipelineId, this.clock.now())).length;
  }

  /** Closes what ended by itself, and retires what the end of its pipeline left behind. */
  async retireLeft(): Promise<void> {
    const now = this.clock.now();
    await this.database.run(closeExpiredLeases, now);
    await this.database.run(retireLeftLeases, now);
  }

  /** Ends at GitHub what is retired. True when there may be more to do at once. */
  async revokeDue(): Promise<boolean> {
    const due = await this.database.run(takeLeasesToRevoke, this.clock.now(), batchMax);
    for (const lease of due) await this.revoke(lease);
    return due.length === batchMax;
  }

  private async revoke(lease: RetiredLease): Promise<void> {
    try {
      await this.endAtGithub(lease, openLease(this.keyring, lease));
      await this.database.run(markLeaseRevoked, lease.id, this.clock.now());
    } catch (error) {
      await this.later(lease, error);
    }
  }

  private async endAtGithub(lease: RetiredLease, token: Secret): Promise<void> {
    if (lease.kind === 'installation') {
      await new GithubClient(this.github, token, `lease:${lease.id}`).revokeInstallationToken();
    } else if (lease.kind === 'person') {
      await new OauthClient(this.github, await this.app.oauthApp(lease.host)).deleteToken(token);
    }
  }

  private async later(lease: RetiredLease, error: unknown): Promise<void> {
    const told = error instanceof GithubError ? (error.retryAfterMs ?? 0) : 0;
    const wait = Math.max(told, Math.min(2_000 * 2 ** lease.retireAttempts, waitMsMax));
    const last = lease.retireAttempts >= attemptsMax;
    const at = last ? lease.expiresAt : new Date(this.clock.ms() + wait);
    await this.database.run(postponeRevocation, lease.id, at);
    this.logger.warn('a token could not be ended at GitHub', { lease: lease.id, last, err: error });
  }
}
