import { csrfHolds, readSessionCookie, sessionCookie } from '@crosstie/access';
import {
  Database,
  deleteOtherSessions,
  deleteSession,
  findSession,
  insertSession,
  mergeSessionData,
  randomToken,
  recordAudit,
  takeSessionValue,
  tokenHash,
} from '@crosstie/domain';
import { Clock, CrosstieConfig } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A browser as its cookie and our row know it. */
export interface BrowserSession {
  id: number;
  /** What the cookie holds. */
  secret: string;
  /** Null before somebody signed in. */
  userId: number | null;
  data: Record<string, unknown>;
}

const signedInMs = 7 * 24 * 3_600_000;
const anonymousMs = 3_600_000;

/**
 * Sessions of browsers: none -> anonymous (while a sign-in is under way) -> signed in -> gone. Each step to more
 * rights makes a new one and drops the old, so that a cookie planted before is worth nothing after.
 */
@Injectable()
export class BrowserSessions {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  async current(request: FastifyRequest): Promise<BrowserSession | null> {
    const secret = readSessionCookie(request.headers.cookie, this.config.url);
    if (secret === null) return null;
    const row = await this.database.first(findSession, tokenHash(secret), this.clock.now());
    return row ? { id: row.id, secret, userId: row.userId, data: row.data } : null;
  }

  /** The browser's session, or a new one in which nobody is signed in. */
  async ensure(request: FastifyRequest, reply: FastifyReply): Promise<BrowserSession> {
    return (await this.current(request)) ?? this.create(reply, null, anonymousMs);
  }

  /** A new session for a person, in place of the one before. */
  async signIn(
    reply: FastifyReply,
    before: BrowserSession | null,
    userId: number,
    by: 'github' | 'token' | 'setup_code',
  ): Promise<BrowserSession> {
    if (before) await this.database.run(deleteSession, tokenHash(before.secret));
    await this.note('auth.login', userId, { by });
    return this.create(reply, userId, signedInMs);
  }

  /** Ends the session and takes the cookie away. */
  async end(reply: FastifyReply, session: BrowserSession): Promise<void> {
    await this.database.run(deleteSession, tokenHash(session.secret));
    void reply.header('set-cookie', sessionCookie('', this.config.url));
    await this.note('auth.logout', session.userId);
  }

  /** Ends every other session of the person. */
  async endOthers(kept: BrowserSession): Promise<void> {
    if (kept.userId === null) return;
    await this.database.run(deleteOtherSessions, kept.userId, tokenHash(kept.secret));
    await this.note('session.revoked', kept.userId, { kept: kept.id });
  }

  /** That somebody tried to come in and could not. */
  async noteFailure(by: 'github' | 'token'): Promise<void> {
    await this.note('auth.login.failed', null, { by });
  }

  async remember(session: BrowserSession, key: string, value: unknown): Promise<void> {
    await this.database.run(mergeSessionData, session.id, JSON.stringify({ [key]: value }));
  }

  /** Takes a remembered value out: of several requests at once, one gets it. */
  async take(session: BrowserSession, key: string): Promise<unknown> {
    return (await this.database.first(takeSessionValue, session.id, key))?.value ?? null;
  }

  /** Whether a form came from a page of this session: its token, and the origin that the browser names. */
  formHolds(request: FastifyRequest, session: BrowserSession, csrf: unknown): boolean {
    return this.ownOrigin(request) && csrfHolds(session.secret, csrf);
  }

  /** Whether the browser says that one of our own pages sends this; a browser that says nothing is believed. */
  ownOrigin({ headers }: FastifyRequest): boolean {
    const { origin } = headers;
    if (origin !== undefined && origin !== new URL(this.config.url).origin) return false;
    return headers['sec-fetch-site'] !== 'cross-site';
  }

  private note(action: string, userId: number | null, details: Record<string, unknown> = {}): Promise<void> {
    return recordAudit(this.database, { actorId: userId, action, entityType: 'user', entityId: userId, details });
  }

  private async create(reply: FastifyReply, userId: number | null, lifeMs: number): Promise<BrowserSession> {
    const secret = randomToken('');
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + lifeMs);
    const row = await this.database.first(insertSession, tokenHash(secret), userId, '{}', now, expiresAt);
    if (!row) throw new Error('The session was not stored');
    void reply.header('set-cookie', sessionCookie(secret, this.config.url));
    return { id: row.id, secret, userId, data: {} };
  }
}
