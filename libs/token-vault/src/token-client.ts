import { cloneLeasesOf, type Database, findCloneLease, findLease, type LeaseRow } from '@crosstie/domain';
import { RequestTimedOut, type TokenReply, type TokenRequest } from '@crosstie/messaging';
import type { Clock, Secret } from '@crosstie/platform';

import { guarded } from './guarded.js';
import type { Keyring } from './keyring.js';
import { openLease } from './lease-seal.js';
import { TokenRefused, type TokenRefusalReason } from './token-refused.js';

export interface OpenedToken {
  token: Secret;
  expiresAt: Date;
}

/** Which pipeline's clone token. */
export interface CloneSubject {
  pipelineId: number;
  projectId: number;
  /** Whose rights the pipeline has. */
  userId: number;
}

/** How the authority is reached: by request, or directly where it is. */
export interface TokenAsker {
  ask(subject: 'token.lease', request: TokenRequest, options: { timeoutMs: number }): Promise<TokenReply>;
}

interface Kept extends OpenedToken {
  leaseId: number;
}

const askTimeoutMs = 45_000;
const authorityAwayMs = 2_000;
/** A token with less than this left is asked for anew; the authority gives none with less than five. */
const marginMs = 4 * 60_000;
const jwtMarginMs = 45_000;
const keptMax = 5_000;
/** A clone lease has to do for the wait in the queue; a claim asks again where it does not. */
const cloneOutliveMs = 15 * 60_000;

/**
 * Tokens for who uses them, by purpose. What was decrypted stays in memory until shortly before it ends, so that
 * a warm path asks nobody. Every method throws TokenRefused.
 */
export class TokenClient {
  private readonly kept = new Map<string, Kept>();
  private readonly underWay = new Map<string, Promise<Kept>>();

  constructor(
    private readonly database: Database,
    private readonly authority: TokenAsker,
    private readonly clock: Clock,
    private readonly keyring: Keyring,
  ) {}

  /** To read the CI file, commits and file names of a project's repository. */
  async read({ projectId }: { projectId: number }): Promise<Secret> {
    return (await this.shared({ purpose: 'read', projectId }, marginMs)).token;
  }

  /** To post the verdict on a project's commits. */
  async status({ projectId }: { projectId: number }): Promise<Secret> {
    return (await this.shared({ purpose: 'status', projectId }, marginMs)).token;
  }

  /** The App's own proof, for GitHub's delivery log. */
  async appJwt(host: string): Promise<Secret> {
    return (await this.shared({ purpose: 'app_jwt', host }, jwtMarginMs)).token;
  }

  /** GitHub does not take this token any more: it is not used again. */
  forget(token: Secret): void {
    for (const [key, kept] of this.kept) if (kept.token === token) this.kept.delete(key);
  }

  /** Has a clone token made for a pipeline, or finds the one it has. The token stays in its row. */
  async cloneLease(subject: CloneSubject): Promise<{ leaseId: number }> {
    return this.ask({ purpose: 'clone', ...subject, mustOutliveMs: cloneOutliveMs });
  }

  /**
   * The pipeline's clone token, which works for `mustOutliveMs` more (an hour at most); a new one if it must be.
   *
   * @param seen the lease that was found to stand a moment ago; it is used when it lives long enough
   */
  async openClone(request: CloneSubject & { mustOutliveMs: number }, seen?: LeaseRow | null): Promise<OpenedToken> {
    const { pipelineId, projectId, userId, mustOutliveMs } = request;
    const past = new Date(this.clock.ms() + mustOutliveMs);
    if (seen && seen.expiresAt > past) return this.open(seen);
    const standing = await this.database.first(findCloneLease, pipelineId, projectId, userId, past);
    return standing ? this.open(standing) : this.fetch({ purpose: 'clone', ...request });
  }

  /** The clone tokens that a pipeline was given, over or not: to keep them out of what its jobs write. */
  async cloneTokensOf(subject: { pipelineId: number; projectId: number }): Promise<Secret[]> {
    const leases = await this.database.run(cloneLeasesOf, subject.pipelineId, subject.projectId);
    return leases.map((lease) => openLease(this.keyring, lease));
  }

  private async shared(request: TokenRequest, margin: number): Promise<Kept> {
    const key = JSON.stringify(request);
    const known = this.kept.get(key);
    if (known && known.expiresAt.getTime() - this.clock.ms() > margin) return known;
    const running = this.underWay.get(key);
    if (running) return running;
    const fetched = this.fetch(request).finally(() => this.underWay.delete(key));
    this.underWay.set(key, fetched);
    const token = await fetched;
    this.keep(key, token);
    return token;
  }

  private keep(key: string, token: Kept): void {
    this.kept.delete(key);
    this.kept.set(key, token);
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > keptMax && oldest !== undefined) this.kept.delete(oldest);
  }

  /** A lease may be over between the reply and the reading of its row; then it is asked for once more. */
  private async fetch(request: TokenRequest): Promise<Kept> {
    for (let attempt = 1; attempt <= 2; attempt++) {
      const { leaseId } = await this.ask(request);
      const lease = await this.database.first(findLease, leaseId);
      if (lease) return this.open(lease);
    }
    throw new TokenRefused('github_unavailable', 'The token ended while it was handed over.', authorityAwayMs);
  }

  private async ask(request: TokenRequest): Promise<{ leaseId: number }> {
    const reply = await this.authority
      .ask('token.lease', request, { timeoutMs: askTimeoutMs })
      .catch((error: unknown) => {
        if (!(error instanceof RequestTimedOut)) throw error;
        throw new TokenRefused('github_unavailable', 'The token authority does not answer.', authorityAwayMs);
      });
    if (reply.granted) return { leaseId: reply.leaseId };
    throw new TokenRefused(reply.reason as TokenRefusalReason, reply.message, reply.retryAfterMs ?? null);
  }

  private open(lease: LeaseRow): Kept {
    const token = guarded(openLease(this.keyring, lease));
    return { token, expiresAt: lease.expiresAt, leaseId: lease.id };
  }
}
