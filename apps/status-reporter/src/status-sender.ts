import {
  Database,
  claimStatus,
  dueInstallations,
  releaseStatuses,
  sendStatusAgain,
  statusNotSent,
  statusSent,
} from '@crosstie/domain';
import type { ClaimedStatus } from '@crosstie/domain';
import { GithubClient, GithubError, GithubHost } from '@crosstie/github';
import { Clock, CrosstieConfig, Logger, faultPoint, metrics } from '@crosstie/platform';
import type { Secret } from '@crosstie/platform';
import { TokenClient } from '@crosstie/token-vault';
import { Injectable } from '@nestjs/common';
import { afterFailure } from './after-failure.js';

const posts = metrics.counter('commit_status_posts_total', 'Statuses sent to GitHub, by what became of it', [
  'outcome',
]);

/** What a sender that was killed held waits so long for the next one. */
const claimMs = 30_000;
/** Under an older claim nothing is sent: what is left is more than a call of GitHub may take. */
const claimUsableMs = 15_000;
const installationsMax = 500;

/**
 * Drives GitHub to the wanted states: one drain for each installation, one status at a time in it, the newest state of
 * a context whenever its turn comes. What was not sent stays in its row; the sweep comes back to it.
 */
@Injectable()
export class StatusSender {
  private readonly drains = new Map<number, Promise<void>>();
  private readonly again = new Set<number>();
  private readonly github: GithubHost;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly tokens: TokenClient,
    private readonly clock: Clock,
    private readonly logger: Logger,
    config: CrosstieConfig,
  ) {
    this.github = new GithubHost(config.github, clock);
  }

  /** Sends what an installation has, now or right after what is being sent. */
  wake(installationId: number): void {
    if (this.stopping) return;
    if (this.drains.has(installationId)) {
      this.again.add(installationId);
      return;
    }
    const drain = this.drain(installationId).finally(() => {
      this.drains.delete(installationId);
      if (this.again.delete(installationId)) this.wake(installationId);
    });
    this.drains.set(installationId, drain);
  }

  /** Wakes each installation that has something due. */
  async sweep(): Promise<void> {
    const due = await this.database.run(dueInstallations, this.clock.now(), installationsMax);
    for (const { installationId } of due) this.wake(installationId);
  }

  /** Frees what a process that is gone was sending, so that it does not wait until that claim is over. */
  async takeOver(): Promise<void> {
    await this.database.run(releaseStatuses, this.clock.now());
  }

  /** Waits for what is being sent; nothing more is begun. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.drains.values());
  }

  private async drain(installationId: number): Promise<void> {
    try {
      while (!this.stopping && this.mayWrite(installationId)) {
        const now = this.clock.now();
        const until = new Date(now.getTime() + claimMs);
        const status = await this.database.first(claimStatus, now, installationId, until);
        if (!status) return;
        if (!(await this.send(installationId, status))) return;
      }
    } catch (error) {
      this.logger.warn('statuses wait for the next sweep', { installationId, err: error });
    }
  }

  private mayWrite(installationId: number): boolean {
    return this.github.budgets.waitMs(budgetOf(installationId)) === 0;
  }

  /** Answers whether there may be more to send; what is wanted from now on wakes by itself. */
  private async send(installationId: number, status: ClaimedStatus): Promise<boolean> {
    const began = performance.now();
    let token: Secret | null = null;
    try {
      token = await this.tokens.status({ projectId: status.projectId });
      await faultPoint('status.before_post');
      if (performance.now() - began > claimUsableMs) return true;
      const { state, context, description, targetUrl } = status;
      const client = new GithubClient(this.github, token, budgetOf(installationId));
      const wanted = { state, context, description, targetUrl };
      await client.postStatus(status.fullName, status.sha, wanted);
      await faultPoint('status.after_post');
    } catch (error) {
      if (token && error instanceof GithubError && error.kind === 'unauthorized') this.tokens.forget(token);
      await this.notSent(status, error);
      return true;
    }
    return this.sent(status);
  }

  private async sent({ id, claim, version, state, sha, context }: ClaimedStatus): Promise<boolean> {
    const now = this.clock.now();
    posts.inc({ outcome: 'sent' });
    this.logger.debug('a status was sent', { sha, context, state, version });
    // Somebody else has sent this context since: theirs was newer and may have come first.
    const held = await this.database.first(statusSent, id, claim, version, state, now);
    if (!held) await this.database.run(sendStatusAgain, id, now);
    return held?.more ?? true;
  }

  private async notSent(status: ClaimedStatus, error: unknown): Promise<void> {
    const { id, claim, version, attempts, sha, context } = status;
    const consequence = afterFailure(error, attempts);
    const givenUp = consequence.do === 'give_up';
    posts.inc({ outcome: givenUp ? 'given_up' : 'postponed' });
    this.logger.warn(givenUp ? 'a status was given up' : 'a status could not be sent yet', {
      sha,
      context,
      attempts,
      err: error,
    });
    const now = this.clock.now();
    const next = new Date(now.getTime() + (consequence.do === 'again' ? consequence.afterMs : 0));
    const why = error instanceof Error ? error.message : 'unknown failure';
    await this.database.run(statusNotSent, id, claim, version, next, why, givenUp ? now : null);
  }
}

function budgetOf(installationId: number): string {
  return `installation:${installationId}`;
}
