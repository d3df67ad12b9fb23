import {
  breakIdentity,
  countLiveTokens,
  deleteCredentials,
  findCredentials,
  lockCredential,
  personChanged,
  putCredential,
  recordAudit,
  retireChainLeases,
  type CredentialRow,
  type Database,
  type Queryable,
  type StoredPersonEvent,
  type Transaction,
} from '@crosstie/domain';
import { GithubError, OauthClient, type GithubHost, type UserTokens } from '@crosstie/github';
import { faultPoint, Secret, type Clock } from '@crosstie/platform';

import type { AppSecrets } from './app-secrets.js';
import { guarded } from './guarded.js';
import { secretPlace } from './hook-secrets.js';
import type { Keyring } from './keyring.js';
import { needsReauth, refusalOf } from './token-refused.js';

const kind = 'person_chain';

/** A parent with less than this left is exchanged even while tokens narrowed from it are in use: they end with it. */
export const exchangeBeforeMs = 10 * 60_000;

/** The person's own tokens as they stand: the parent of what is narrowed. Never leaves the authority. */
export interface Chain {
  accessToken: Secret;
  refreshToken: Secret | null;
  expiresAt: Date | null;
  generation: number;
}

/** Whose chain it is. */
export interface ChainOwner {
  identityId: number;
  userId: number;
  host: string;
}

type Exchanged = { chain: Chain } | { lost: string };

/**
 * The pairs of access and refresh token of people, one for each link.
 *
 * Using a refresh token ends it and the access token issued with it, so an exchange happens under the lock of
 * its row, once for each generation, and is committed before anything uses what came of it. A pair is lost when
 * the process ends between GitHub's answer and the commit, or when the answer never came: then the link is
 * `needs_reauth` until the person signs in again.
 */
export class PersonChains {
  constructor(
    private readonly database: Database,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    private readonly app: AppSecrets,
    private readonly github: GithubHost,
    /** Called after the commit with what is to be told to the others. */
    private readonly publish: (events: StoredPersonEvent[]) => void,
  ) {}

  /** Keeps what a sign-in brought, in place of the chain before. Leases of the older one are over. */
  async store(tx: Queryable, owner: ChainOwner, tokens: UserTokens): Promise<void> {
    await this.put(tx, owner, tokens);
  }

  /** The chain as it stands, however old; null without one. */
  async read(owner: ChainOwner): Promise<Chain | null> {
    const [row] = await this.database.run(findCredentials, owner.host, kind, owner.identityId);
    return row ? this.open(owner, row) : null;
  }

  /** Forgets the chain. What it reaches at GitHub is the caller's. */
  async remove(tx: Queryable, owner: ChainOwner): Promise<void> {
    await tx.run(deleteCredentials, owner.host, kind, owner.identityId, 1);
  }

  /**
   * A chain whose access token lives for `needMs` more, exchanged if it must be. Null when it lives shorter and
   * an exchange would end tokens that are in use. Throws TokenRefused: `needs_reauth`, `github_unavailable`, ….
   *
   * @param dead a generation whose access token GitHub no longer takes, whatever its date says
   */
  async living(owner: ChainOwner, needMs: number, dead: number | null = null): Promise<Chain | null> {
    const standing = await this.read(owner);
    if (standing && standing.generation !== dead && this.livesFor(standing, needMs)) return standing;
    const events: StoredPersonEvent[] = [];
    const outcome = await this.database.transactionOnce(async (tx): Promise<Exchanged | null> => {
      const chain = await this.lock(tx, owner);
      if (!chain) return { lost: 'no tokens are stored' };
      if (chain.generation !== dead) {
        if (this.livesFor(chain, needMs)) return { chain };
        if (this.livesFor(chain, exchangeBeforeMs) && (await this.inUse(tx, owner)) > 0) return null;
      }
      const exchanged = await this.exchange(tx, owner, chain);
      if ('lost' in exchanged) events.push(...(await this.markLost(tx, owner, exchanged.lost)));
      return exchanged;
    });
    this.publish(events);
    if (outcome && 'lost' in outcome) throw needsReauth();
    return outcome?.chain ?? null;
  }

  /** The chain under its row's lock, for who narrows a token from it. */
  async lock(tx: Transaction, owner: ChainOwner): Promise<Chain | null> {
    const row = await tx.first(lockCredential, owner.host, kind, owner.identityId);
    return row ? this.open(owner, row) : null;
  }

  private async exchange(tx: Transaction, owner: ChainOwner, chain: Chain): Promise<Exchanged> {
    if (!chain.refreshToken) return { lost: 'there is no refresh token' };
    const client = new OauthClient(this.github, await this.app.oauthApp(owner.host));
    await faultPoint('vault.before_exchange');
    const tokens = await this.refreshOnce(client, chain.refreshToken);
    if (tokens === 'used_up') return { lost: 'GitHub no longer takes the refresh token' };
    // Between GitHub's answer and the commit the new pair exists in this memory alone: nothing else happens here.
    await faultPoint('vault.after_exchange');
    return { chain: await this.put(tx, owner, tokens) };
  }

  /** Shows the refresh token; after an answer that never came once more, since nobody knows whether it counted. */
  private async refreshOnce(client: OauthClient, refreshToken: Secret): Promise<UserTokens | 'used_up'> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.refresh(refreshToken);
      } catch (error) {
        if (error instanceof GithubError && error.reason === 'bad_refresh_token') return 'used_up';
        const unknown = error instanceof GithubError && error.kind === 'unavailable';
        if (!unknown || attempt === 2) throw refusalOf(error);
      }
    }
  }

  private async put(tx: Queryable, owner: ChainOwner, tokens: UserTokens): Promise<Chain> {
    const { accessToken, refreshToken, expiresAt } = tokens;
    for (const token of [accessToken, refreshToken]) if (token) guarded(token);
    const text = JSON.stringify({ access: accessToken.reveal(), refresh: refreshToken?.reveal() ?? null });
    const { keyId, sealed } = this.keyring.seal('users', secretPlace(owner.host, kind, owner.identityId), text);
    const [row] = await tx.run(
      putCredential,
      'users',
      kind,
      owner.host,
      owner.identityId,
      1,
      keyId,
      sealed,
      expiresAt,
      tokens.refreshTokenExpiresAt,
    );
    if (!row) throw new Error('The chain was not stored');
    await tx.run(retireChainLeases, owner.identityId, row.generation, this.clock.now());
    return { accessToken, refreshToken, expiresAt, generation: row.generation };
  }

  private open(owner: ChainOwner, row: CredentialRow): Chain {
    const place = secretPlace(owner.host, kind, owner.identityId);
    const kept = JSON.parse(this.keyring.open('users', place, row.sealed).reveal()) as {
      access: string;
      refresh: string | null;
    };
    const over = row.refreshExpiresAt !== null && row.refreshExpiresAt <= this.clock.now();
    return {
      accessToken: guarded(new Secret(kept.access)),
      refreshToken: kept.refresh === null || over ? null : guarded(new Secret(kept.refresh)),
      expiresAt: row.expiresAt,
      generation: row.generation,
    };
  }

  /** Whether its access token lives for so long. */
  livesFor(chain: Chain, ms: number): boolean {
    return chain.expiresAt === null || chain.expiresAt.getTime() - this.clock.ms() >= ms;
  }

  private async inUse(tx: Queryable, owner: ChainOwner): Promise<number> {
    const [count] = await tx.run(countLiveTokens, owner.identityId, this.clock.now());
    return count?.inUse ?? 0;
  }

  /** Told once: whoever finds it so again says nothing. */
  private async markLost(tx: Queryable, owner: ChainOwner, why: string): Promise<StoredPersonEvent[]> {
    if (!(await breakIdentity(tx, owner.identityId, 'needs_reauth'))) return [];
    await recordAudit(tx, {
      actorId: null,
      action: 'link.needs_reauth',
      entityType: 'user',
      entityId: owner.userId,
      details: { host: owner.host, why },
    });
    return [await personChanged(tx, owner.userId)];
  }
}
