import {
  acceptTerms,
  acceptedTermsAt,
  breakIdentity,
  createUser,
  currentTerms,
  Database,
  detachLeases,
  findUser,
  identityByGithubUser,
  identityOf,
  isUsername,
  linkIdentity,
  personChanged,
  recordAudit,
  releaseSeat,
  restoreIdentity,
  takeSeat,
  unlinkIdentity,
  type IdentityRow,
  type Queryable,
  type StoredPersonEvent,
  type Transaction,
  type UserRow,
} from '@crosstie/domain';
import { GithubHost, OauthClient, type UserTokens } from '@crosstie/github';
import { Outbox } from '@crosstie/messaging';
import { Clock, Conflict, Forbidden, Logger } from '@crosstie/platform';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { Inject, Injectable } from '@nestjs/common';

import type { SignedInAtGithub } from './github-strategy.js';
import type { PendingIdentity } from './pending-identity.js';

const usernameTries = 20;

/** Who came in, or what they have to agree to first. */
export type Arrival = { userId: number } | 'consent_needed';

/**
 * The 1:1 link between a person and a GitHub account, by GitHub's number alone: never by login or e-mail. Both
 * unique keys of the row decide, also between two who try at the same moment.
 */
@Injectable()
export class IdentityLinking {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(GithubHost) private readonly github: GithubHost,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  /**
   * A person came back from GitHub. In at once when they are linked and have agreed to the terms in force;
   * otherwise their consent is needed, and linking always needs it. Throws Conflict or Forbidden.
   */
  async arrive(pending: PendingIdentity, signedInUserId: number | null): Promise<Arrival> {
    const known = await identityByGithubUser(this.database, pending.host, pending.person.id);
    if (pending.purpose === 'link') {
      await this.refuseTaken(pending, signedInUserId, known);
      return 'consent_needed';
    }
    if (!known) return 'consent_needed';
    await this.refuseBlocked(pending, known.userId);
    const { version } = await currentTerms(this.database);
    if (!(await acceptedTermsAt(this.database, known.userId, version))) return 'consent_needed';
    await this.renew(known, pending);
    return { userId: known.userId };
  }

  /** The person agreed: only now the identity is used and its tokens are kept. Throws Conflict or Forbidden. */
  async consent(pending: PendingIdentity, signedInUserId: number | null, version: number): Promise<{ userId: number }> {
    const known = await identityByGithubUser(this.database, pending.host, pending.person.id);
    if (pending.purpose === 'link') await this.refuseTaken(pending, signedInUserId, known);
    if (known) {
      await this.refuseBlocked(pending, known.userId);
      await acceptTerms(this.database, known.userId, version);
      await this.renew(known, pending);
      return { userId: known.userId };
    }
    const made = await this.database
      .transaction((tx) => this.link(tx, pending, signedInUserId, version))
      .catch(async (error: unknown) => {
        await this.discard(pending.tokens);
        throw error;
      });
    this.outbox.publish([made.event]);
    return { userId: made.userId };
  }

  /** The person did not agree: nothing of theirs stays, at GitHub neither. */
  async decline(pending: PendingIdentity): Promise<void> {
    const known = await identityByGithubUser(this.database, pending.host, pending.person.id);
    await this.discard(pending.tokens, known === null);
  }

  /** Takes the link away, with the seat and the authorisation at GitHub. */
  async unlink(userId: number, host: string): Promise<void> {
    const identity = await identityOf(this.database, userId, host);
    if (!identity) return;
    const owner = { identityId: identity.id, userId, host };
    const chain = await this.authority.chains.read(owner);
    const event = await this.database.transaction(async (tx) => {
      await this.authority.chains.remove(tx, owner);
      await tx.run(detachLeases, identity.id, this.clock.now());
      await unlinkIdentity(tx, identity.id);
      await this.note(tx, 'link.removed', userId, identity);
      if (await releaseSeat(tx, userId)) await this.noteSeat(tx, userId, 'seat.released');
      return personChanged(tx, userId);
    });
    this.outbox.publish([event]);
    if (chain) await this.endAtGithub(chain.accessToken, true);
  }

  /**
   * The person took the authorisation back at GitHub: all their tokens are dead. Where theirs still holds, the news
   * is older than the link: it may come days late, out of the delivery log. Throws GithubError while GitHub is away.
   */
  async revoked(host: string, githubUserId: number): Promise<void> {
    const identity = await identityByGithubUser(this.database, host, githubUserId);
    if (!identity) return;
    const owner = { identityId: identity.id, userId: identity.userId, host };
    const chain = await this.authority.chains.read(owner);
    if (chain && (await this.oauth().then((client) => client.checkToken(chain.accessToken)))) return;
    const events = await this.database.transaction(async (tx): Promise<StoredPersonEvent[]> => {
      const standing = await this.authority.chains.lock(tx, owner);
      const isLinkedAnew = standing && standing.generation !== chain?.generation;
      if (isLinkedAnew || !(await breakIdentity(tx, identity.id, 'revoked'))) return [];
      await this.authority.chains.remove(tx, owner);
      await this.note(tx, 'link.revoked', identity.userId, identity);
      return [await personChanged(tx, identity.userId)];
    });
    this.outbox.publish(events);
  }

  private async link(
    tx: Transaction,
    { host, person, tokens }: PendingIdentity,
    signedInUserId: number | null,
    version: number,
  ): Promise<{ userId: number; event: StoredPersonEvent }> {
    const userId = signedInUserId ?? (await this.newUser(tx, person)).id;
    const identity = await linkIdentity(tx, { userId, host, githubUserId: person.id, login: person.login });
    // Takes the new user back as well.
    if (!identity) throw taken();
    await acceptTerms(tx, userId, version);
    const seat = await takeSeat(tx, userId);
    await this.authority.chains.store(tx, { identityId: identity.id, userId, host }, tokens);
    await this.note(tx, 'link.completed', userId, identity);
    await this.noteTerms(tx, userId, version);
    if (seat === 'taken') await this.noteSeat(tx, userId);
    return { userId, event: await personChanged(tx, userId) };
  }

  /**
   * A linked person is back. Tokens that work are left alone, since a running job may clone with one that hangs
   * on them; otherwise the new ones take their place and the link works again.
   */
  private async renew(identity: IdentityRow, pending: PendingIdentity): Promise<void> {
    const owner = { identityId: identity.id, userId: identity.userId, host: identity.host };
    if (identity.state === 'linked' && (await this.chainWorks(owner))) {
      await restoreIdentity(this.database, identity.id, pending.person.login);
      await this.discard(pending.tokens);
      return;
    }
    const event = await this.database.transaction(async (tx) => {
      await this.authority.chains.store(tx, owner, pending.tokens);
      await restoreIdentity(tx, identity.id, pending.person.login);
      await this.note(tx, 'link.renewed', identity.userId, identity);
      return personChanged(tx, identity.userId);
    });
    this.outbox.publish([event]);
  }

  private async chainWorks(owner: { identityId: number; userId: number; host: string }): Promise<boolean> {
    const chain = await this.authority.chains.read(owner);
    if (!chain?.refreshToken) return false;
    if (chain.expiresAt && chain.expiresAt <= this.clock.now()) return true;
    const client = new OauthClient(this.github, await this.authority.app.oauthApp(owner.host));
    return (await client.checkToken(chain.accessToken)) !== null;
  }

  private async refuseTaken(pending: PendingIdentity, userId: number | null, known: IdentityRow | null): Promise<void> {
    const own = userId === null ? null : await identityOf(this.database, userId, pending.host);
    const free = known ? known.userId === userId : own === null;
    if (userId !== null && free) return;
    await this.discard(pending.tokens);
    await recordAudit(this.database, {
      actorId: userId,
      action: 'link.refused',
      entityType: 'user',
      entityId: userId,
      details: { host: pending.host, githubUserId: pending.person.id },
    });
    if (userId === null) throw new Forbidden('Sign in to Crosstie first, then link GitHub.', 'not_signed_in');
    throw taken();
  }

  private async refuseBlocked(pending: PendingIdentity, userId: number): Promise<void> {
    const user = await findUser(this.database, userId);
    if (user?.state === 'active') return;
    await this.discard(pending.tokens);
    throw new Forbidden('This account is blocked; ask an administrator.', 'blocked');
  }

  private async newUser(tx: Queryable, person: SignedInAtGithub): Promise<UserRow> {
    const base = isUsername(person.login) ? person.login : `github-${person.id}`;
    const { login, name, avatarUrl } = person;
    for (let n = 1; n <= usernameTries; n++) {
      const username = n === 1 ? base : `${base.slice(0, 56)}-${n}`;
      const user = await createUser(tx, { username, name: name ?? login, avatarUrl });
      if (user) return user;
    }
    throw new Conflict(`No username like ${base} is free; ask an administrator to make one and link it.`);
  }

  private async discard(tokens: UserTokens, wholeGrant = false): Promise<void> {
    await this.endAtGithub(tokens.accessToken, wholeGrant);
  }

  /** Best effort: what cannot be ended ends by itself within hours, and nobody has it. */
  private async endAtGithub(token: UserTokens['accessToken'], wholeGrant: boolean): Promise<void> {
    try {
      const client = await this.oauth();
      await (wholeGrant ? client.deleteGrant(token) : client.deleteToken(token));
    } catch (error) {
      this.logger.warn('a token that is not used could not be ended at GitHub', { err: error });
    }
  }

  private async oauth(): Promise<OauthClient> {
    return new OauthClient(this.github, await this.authority.app.oauthApp(this.github.addresses.host));
  }

  private note(tx: Queryable, action: string, userId: number, identity: IdentityRow): Promise<void> {
    const { host, githubUserId, login } = identity;
    const details = { host, githubUserId, login };
    return recordAudit(tx, { actorId: userId, action, entityType: 'user', entityId: userId, details });
  }

  private noteTerms(tx: Queryable, userId: number, version: number): Promise<void> {
    const details = { version };
    return recordAudit(tx, {
      actorId: userId,
      action: 'terms.accepted',
      entityType: 'user',
      entityId: userId,
      details,
    });
  }

  private noteSeat(tx: Queryable, userId: number, action = 'seat.granted'): Promise<void> {
    return recordAudit(tx, { actorId: userId, action, entityType: 'user', entityId: userId });
  }
}

/** Says nothing about whom the account belongs to. */
function taken(): Conflict {
  return new Conflict(
    'This GitHub account or your Crosstie account is linked already. Unlink it there first, or ask an administrator.',
    'link_taken',
  );
}
