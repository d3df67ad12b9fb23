import { Database, deleteEndedSessions } from '@crosstie/domain';
import { Clock, CrosstieConfig, Logger, Loop } from '@crosstie/platform';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';

import { IdentityLinking } from '../sign-in/identity-linking.js';
import { PendingIdentities } from '../sign-in/pending-identity.js';

/** Ends retired tokens at GitHub, and puts away sessions that are over with what waited in them. */
@Injectable()
export class TokenSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;
  /** When the chores come again, on the process's own clock. */
  private choresDueMs = 0;

  constructor(
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(PendingIdentities) private readonly pending: PendingIdentities,
    @Inject(IdentityLinking) private readonly linking: IdentityLinking,
    @Inject(Database) private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CrosstieConfig) config: CrosstieConfig,
    @Inject(Logger) logger: Logger,
  ) {
    const intervalMs = config.sweepIntervalMs * 5;
    this.loop = new Loop({ name: 'token sweep', intervalMs, run: () => this.passOf(intervalMs), logger });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  wake(): void {
    this.loop.wake();
  }

  /** One pass now. */
  runOnce(): Promise<void> {
    this.choresDueMs = 0;
    return this.loop.runOnce();
  }

  /** Each pipeline's end wakes it to end that pipeline's tokens; all else has its turn by the clock alone. */
  private async passOf(intervalMs: number): Promise<boolean> {
    const now = performance.now();
    if (now >= this.choresDueMs) {
      this.choresDueMs = now + intervalMs * 0.9;
      await this.authority.retired.retireLeft();
      await this.endSessions();
    }
    return this.authority.retired.revokeDue();
  }

  private async endSessions(): Promise<void> {
    for (const session of await this.database.run(deleteEndedSessions, this.clock.now())) {
      const left = this.pending.leftIn(session.id, session.data);
      if (left) await this.linking.decline(left);
    }
  }
}
