import {
  findCloneLease,
  findCloneRoom,
  insertLease,
  type Database,
  type LeasePerson,
  type LeaseTarget,
  type Transaction,
} from '@crosstie/domain';
import { GithubClient, GithubError, OauthClient, type GithubHost, type ScopedToken } from '@crosstie/github';
import type { Clock, Logger } from '@crosstie/platform';

import type { AppSecrets } from './app-secrets.js';
import { guarded } from './guarded.js';
import {
  scopeMismatch,
  sharedPermissions,
  subjectOf,
  type GivenLease,
  type InstallationTokens,
} from './installation-tokens.js';
import { KeyedQueue } from './keyed-queue.js';
import type { Keyring } from './keyring.js';
import { sealLease } from './lease-seal.js';
import type { Chain, ChainOwner, PersonChains } from './person-chains.js';
import { scopeDiffers } from './scope.js';
import { needsReauth, refusalOf } from './token-refused.js';

/**
 * A person's tokens that are alive at once, the parent among them. GitHub may count ten of a person and App
 * together and end the oldest, which is the parent. Two are left for a sign-in and for one that a crash lost.
 * See docs/decisions, "The tenth token".
 */
const liveTokensMax = 8;

/** Longer than this no token of an installation lives, and none is promised. */
const outliveMaxMs = 55 * 60_000;

/** A row lock and its connection are held while GitHub is asked, for so many people at once. */
const peopleAtOnceMax = 4;

export interface CloneRequest {
  target: LeaseTarget;
  pipelineId: number;
  userId: number;
  person: LeasePerson;
  /** How long the token has to work from now on. */
  mustOutliveMs: number;
}

/** `stale`: the chain does not live long enough. With a generation: GitHub no longer takes what it was narrowed from. */
type Minted = GivenLease | 'stale' | 'full' | { deadGeneration: number };

export interface CloneTokenParts {
  database: Database;
  keyring: Keyring;
  clock: Clock;
  logger: Logger;
  github: GithubHost;
}

/** The person's token to clone with: one for each (person, repository, pipeline), shared by its jobs. */
export class CloneTokens {
  private readonly people = new KeyedQueue(peopleAtOnceMax);

  constructor(
    private readonly parts: CloneTokenParts,
    private readonly app: AppSecrets,
    private readonly chains: PersonChains,
    private readonly installations: InstallationTokens,
  ) {}

  /** The pipeline's lease if it lives long enough, else a new one. Throws TokenRefused. */
  async lease(request: CloneRequest): Promise<GivenLease> {
    if (request.target.cloneWith === 'person') {
      const minted = await this.people.run(String(request.person.identityId), () => this.ofPerson(request));
      if (minted) return minted;
    }
    return (await this.standing(request)) ?? this.ofInstallation(request);
  }

  /** Null: the person has no token to spare; the installation's does as well. */
  private async ofPerson(request: CloneRequest): Promise<GivenLease | null> {
    const owner = ownerOf(request);
    let dead: number | null = null;
    // Mostly the chain lives long enough. Where it does not, it is exchanged in a transaction of its own, and another
    // process may exchange it before ours goes on: bounded, since each time it is fresh.
    for (let round = 0; round < 5; round++) {
      const minted: Minted = await this.parts.database
        .transactionOnce((tx) => this.mint(tx, request, owner, dead))
        .catch((error: unknown) => {
          throw refusalOf(error);
        });
      if (minted === 'full') return this.spare(request, 'the person holds as many tokens as are safe');
      if (minted !== 'stale' && 'leaseId' in minted) return minted;
      if (minted !== 'stale') {
        // A second time: even a fresh one is not taken, so the person took the App's authorisation back.
        if (dead !== null) throw needsReauth();
        dead = minted.deadGeneration;
      }
      const living = await this.chains.living(owner, outlive(request), dead);
      if (!living) return this.spare(request, 'an exchange would end tokens in use');
    }
    return this.spare(request, 'the chain kept changing');
  }

  /** @param dead a generation that GitHub no longer takes */
  private async mint(tx: Transaction, request: CloneRequest, owner: ChainOwner, dead: number | null): Promise<Minted> {
    const chain = await this.chains.lock(tx, owner);
    // Under the lock, but by a statement of its own: one that waited for the lock sees the leases of before it.
    const room = await tx.first(findCloneRoom, ...this.soughtBy(request), owner.identityId, this.parts.clock.now());
    if (room?.leaseId && room.expiresAt) return { leaseId: room.leaseId, expiresAt: room.expiresAt };
    if (!chain || chain.generation === dead || !this.chains.livesFor(chain, outlive(request))) return 'stale';
    if ((room?.atGithub ?? 0) + 1 >= liveTokensMax) return 'full';
    const issuedAt = this.parts.clock.now();
    const client = new OauthClient(this.parts.github, await this.app.oauthApp(owner.host));
    const token = await this.narrow(client, request.target, chain);
    if (!token) return { deadGeneration: chain.generation };
    guarded(token.token);
    await this.refuseOtherScope(client, request, token);
    return this.keep(tx, request, owner, chain, token, issuedAt);
  }

  private async narrow(client: OauthClient, target: LeaseTarget, chain: Chain): Promise<ScopedToken | null> {
    try {
      return await client.scopedToken({
        accessToken: chain.accessToken,
        targetId: target.accountId,
        repositoryIds: [target.repositoryId],
        permissions: sharedPermissions.read,
      });
    } catch (error) {
      const dead = error instanceof GithubError && (error.kind === 'not_found' || error.kind === 'unauthorized');
      if (dead) return null;
      throw error;
    }
  }

  /** GitHub's answer names no repositories, so the token itself is asked which it reaches. */
  private async refuseOtherScope(client: OauthClient, request: CloneRequest, token: ScopedToken): Promise<void> {
    const { target, person } = request;
    const asked = { repositoryId: target.repositoryId, permissions: sharedPermissions.read };
    const list = `${this.parts.github.addresses.apiUrl}/user/installations/${target.githubInstallationId}/repositories`;
    try {
      const asPerson = new GithubClient(this.parts.github, token.token, `user:${person.githubUserId}`);
      const { ids } = await asPerson.repositoryIdsAt(list, 100);
      const wrong = scopeDiffers(asked, { ...token, repositoryIds: ids });
      if (wrong === null) return;
      this.parts.logger.error('GitHub gave a token of another scope than asked for', {
        project: target.projectId,
        wrong,
      });
      throw scopeMismatch(target, wrong);
    } catch (error) {
      await client.deleteToken(token.token);
      throw error;
    }
  }

  private async keep(
    tx: Transaction,
    { target, pipelineId }: CloneRequest,
    owner: ChainOwner,
    chain: Chain,
    token: ScopedToken,
    issuedAt: Date,
  ): Promise<GivenLease> {
    const { host, installationId, projectId } = target;
    const subject = subjectOf('clone', 'person', host, installationId, projectId, pipelineId, issuedAt);
    const { keyId, sealed } = sealLease(this.parts.keyring, subject, token.token);
    // Whether it dies with its parent is not documented: the earlier of the two ends is counted on.
    const ends = [token.expiresAt, chain.expiresAt, new Date(issuedAt.getTime() + 8 * 3_600_000)];
    const expiresAt = new Date(Math.min(...ends.flatMap((end) => (end ? [end.getTime()] : []))));
    const permissions = JSON.stringify(token.permissions);
    const row = await tx.first(
      insertLease,
      subject.purpose,
      subject.kind,
      host,
      installationId,
      projectId,
      owner.identityId,
      chain.generation,
      pipelineId,
      permissions,
      keyId,
      sealed,
      issuedAt,
      expiresAt,
    );
    if (!row) throw new Error('The lease was not stored');
    return { leaseId: row.id, expiresAt };
  }

  private async standing(request: CloneRequest): Promise<GivenLease | null> {
    const lease = await this.parts.database.first(findCloneLease, ...this.soughtBy(request));
    return lease ? { leaseId: lease.id, expiresAt: lease.expiresAt } : null;
  }

  private soughtBy({ pipelineId, target, userId, mustOutliveMs }: CloneRequest) {
    const past = new Date(this.parts.clock.ms() + Math.min(mustOutliveMs, outliveMaxMs));
    return [pipelineId, target.projectId, userId, past] as const;
  }

  private ofInstallation({ target, pipelineId }: CloneRequest): Promise<GivenLease> {
    return this.installations.forPipeline(target, pipelineId);
  }

  private spare(request: CloneRequest, why: string): null {
    this.parts.logger.info('a pipeline clones with a token of the installation instead of the person’s', {
      pipeline: request.pipelineId,
      why,
    });
    return null;
  }
}

function outlive({ mustOutliveMs }: CloneRequest): number {
  return Math.min(mustOutliveMs, outliveMaxMs);
}

function ownerOf({ person, target, userId }: CloneRequest): ChainOwner {
  return { identityId: person.identityId, userId, host: target.host };
}
