import { randomInt } from 'node:crypto';

import {
  completeSetup,
  createUser,
  Database,
  readSetup,
  recordAudit,
  setupTriesMax,
  storeSetupCode,
  tokenHash,
  trySetupCode,
  type UserRow,
} from '@crosstie/domain';
import { Clock, CrosstieConfig, Logger, Secret } from '@crosstie/platform';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';

/** Letters and digits that are not taken for each other. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
/** Processes that start within so long of each other start together. */
const togetherMs = 15_000;

/**
 * The first administrator is who can read the server's log. A code is made at each start while there is none (by one of several that start together); its
 * hash is in the row, so that replicas agree, and ten wrong tries make a new one. Closed for good by the row.
 */
@Injectable()
export class SetupCode implements OnApplicationBootstrap {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (await this.open()) await this.issue(new Date(this.clock.ms() - togetherMs));
  }

  /** Whether there is no administrator yet. */
  async open(): Promise<boolean> {
    const setup = await this.database.first(readSetup);
    return setup !== null && !setup.closed;
  }

  /** Makes the first administrator, once. Null when the code is wrong or used up. */
  async redeem(code: string, username: string): Promise<UserRow | 'username_taken' | null> {
    if (!(await this.open())) return null;
    const tried = await this.database.first(trySetupCode);
    if (!tried?.codeHash) return null;
    const given = tokenHash(normal(code));
    const right = Secret.equals(new Secret(given.toString('hex')), new Secret(tried.codeHash.toString('hex')));
    if (tried.tries > setupTriesMax || !right) {
      if (tried.tries >= setupTriesMax) await this.issue(null);
      return null;
    }
    return this.complete(given, username);
  }

  private async complete(codeHash: Buffer, username: string): Promise<UserRow | 'username_taken' | null> {
    return this.database.transaction(async (tx) => {
      const user = await createUser(tx, { username, name: username, isAdmin: true });
      if (!user) return 'username_taken';
      if (!(await tx.first(completeSetup, codeHash))) throw new Error('The set-up was completed by somebody else');
      const entry = { actorId: user.id, action: 'admin.created', entityType: 'user', entityId: user.id };
      await recordAudit(tx, { ...entry, details: { by: 'set-up code' } });
      return user;
    });
  }

  /** @param notSince leaves a code that was made after that: another process has it in its log */
  private async issue(notSince: Date | null): Promise<void> {
    const letters = Array.from({ length: 20 }, () => alphabet[randomInt(alphabet.length)]).join('');
    if (!(await this.database.first(storeSetupCode, tokenHash(letters), this.clock.now(), notSince))) {
      this.logger.info('There is no administrator yet; the code is in the log of the process that started just before');
      return;
    }
    const code = letters.replace(/(.{5})(?=.)/g, '$1-');
    // The one secret that a log is meant to show: it is worth nothing once there is an administrator.
    this.logger.info(`There is no administrator yet: open ${this.config.url}/auth/setup and enter the code ${code}`);
  }
}

/** As a person types it: any case, with or without hyphens. */
function normal(code: string): string {
  return code.toUpperCase().replace(/[^A-Z0-9]/g, '');
}
