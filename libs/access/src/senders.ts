import { Database, resolveSender, type SenderRow } from '@crosstie/domain';
import { Inject, Injectable } from '@nestjs/common';

/** Finds the person behind a GitHub user: by number alone, never by login or e-mail. */
@Injectable()
export class Senders {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Null when nobody has linked that GitHub user, or who did is blocked. */
  async resolve(host: string, githubUserId: number): Promise<SenderRow | null> {
    const row = await this.database.first(resolveSender, host, githubUserId);
    return row && !row.blocked ? row : null;
  }
}
