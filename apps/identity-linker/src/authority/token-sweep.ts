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
    this.loop = new Loop({ name: 'token sweep', intervalMs, run: () => this.pass(), logger });
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
    return this.loop.runOnce();
  }

  private async pass(): Promise<boolean> {
    const more = await this.authority.retired.sweep();
    for (const session of await this.database.run(deleteEndedSessions, this.clock.now())) {
      const left = this.pending.leftIn(session.id, session.data);
      if (left) await this.linking.decline(left);
    }
    return more;
  }
}
