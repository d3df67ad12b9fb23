import {
  accessTokenDaysMax,
  accessTokenScopes,
  createAccessToken,
  Database,
  findUser,
  listAccessTokens,
  recordAudit,
  revokeAccessToken,
  type AccessTokenRow,
} from '@crosstie/domain';
import type { Actor } from '@crosstie/access';
import { BadRequest, Clock, NotFound } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';

export interface TokenWish {
  name: string;
  scopes: string[];
  /** `2027-01-31`; a year at the most, and that without a wish. */
  expiresAt: string | undefined;
}

const dayMs = 24 * 3_600_000;

/** Personal access tokens: one's own, and everybody's for an administrator. */
@Injectable()
export class AccessTokens {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Makes a token; its text is in the answer and nowhere else. */
  async create(actor: Actor, userId: number, wish: TokenWish): Promise<AccessTokenRow & { token: string }> {
    if (!(await findUser(this.database, userId))) throw new NotFound('User');
    const unknown = wish.scopes.filter((scope) => !(accessTokenScopes as readonly string[]).includes(scope));
    if (unknown.length > 0) throw new BadRequest('scopes does not have a valid value');
    const expiresAt = this.end(wish.expiresAt);
    return this.database.transaction(async (tx) => {
      const made = await createAccessToken(tx, { userId, name: wish.name, scopes: wish.scopes, expiresAt });
      await recordAudit(tx, {
        actorId: actor.userId,
        action: 'token.created',
        entityType: 'access_token',
        entityId: made.id,
        details: { userId, name: wish.name, scopes: wish.scopes, expiresAt },
      });
      return made;
    });
  }

  async revoke(actor: Actor, id: number): Promise<void> {
    const token = await this.one(actor, id);
    await this.database.transaction(async (tx) => {
      if (!(await revokeAccessToken(tx, token.id))) throw new NotFound('Personal Access Token');
      await recordAudit(tx, {
        actorId: actor.userId,
        action: 'token.revoked',
        entityType: 'access_token',
        entityId: token.id,
        details: { userId: token.userId, name: token.name },
      });
    });
  }

  /** The same token anew: the old one ends, the new one has its name and scopes. */
  async rotate(actor: Actor, id: number, expiresAt: string | undefined): Promise<AccessTokenRow & { token: string }> {
    const { userId, name, scopes } = await this.one(actor, id);
    await this.revoke(actor, id);
    return this.create(actor, userId, { name, scopes, expiresAt });
  }

  /** A token that the actor may see; others are not there. */
  async one(actor: Actor, id: number): Promise<AccessTokenRow> {
    const [token] = await listAccessTokens(this.database, { id });
    if (!token || (token.userId !== actor.userId && !actor.isAdmin)) throw new NotFound('Personal Access Token');
    return token;
  }

  private end(wanted: string | undefined): Date {
    const now = this.clock.ms();
    if (wanted === undefined) return new Date(now + 365 * dayMs);
    const end = new Date(wanted);
    const days = (end.getTime() - now) / dayMs;
    if (!(days > 0)) throw new BadRequest('expires_at does not have a valid value: it must be in the future');
    if (days > accessTokenDaysMax) throw new BadRequest('expires_at does not have a valid value: a year at the most');
    return end;
  }
}
