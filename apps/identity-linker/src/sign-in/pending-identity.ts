import type { UserTokens } from '@crosstie/github';
import { Secret } from '@crosstie/platform';
import { Keyring } from '@crosstie/token-vault';
import { Inject, Injectable } from '@nestjs/common';

import { BrowserSessions, type BrowserSession } from '../sessions/browser-sessions.js';
import type { SignedInAtGithub, SignInState } from './github-strategy.js';

/** A GitHub account that somebody showed to be theirs and whose use they have not agreed to yet. */
export interface PendingIdentity extends SignInState {
  host: string;
  person: SignedInAtGithub;
  tokens: UserTokens;
}

interface Written {
  purpose: 'login' | 'link';
  returnTo: string;
  host: string;
  person: SignedInAtGithub;
  access: string;
  refresh: string | null;
  expiresAt: string | null;
  refreshExpiresAt: string | null;
}

const key = 'pending';

/**
 * Waits, sealed, in the browser's session for the person's consent. Nothing of it is used or stored elsewhere
 * before; it ends with the session.
 */
@Injectable()
export class PendingIdentities {
  constructor(
    @Inject(BrowserSessions) private readonly sessions: BrowserSessions,
    @Inject(Keyring) private readonly keyring: Keyring,
  ) {}

  async keep(session: BrowserSession, { tokens, ...rest }: PendingIdentity): Promise<void> {
    const written: Written = {
      ...rest,
      access: tokens.accessToken.reveal(),
      refresh: tokens.refreshToken?.reveal() ?? null,
      expiresAt: tokens.expiresAt?.toISOString() ?? null,
      refreshExpiresAt: tokens.refreshTokenExpiresAt?.toISOString() ?? null,
    };
    const { sealed } = this.keyring.seal('users', placeOf(session.id), JSON.stringify(written));
    await this.sessions.remember(session, key, sealed.toString('base64'));
  }

  /** What waits; it goes on waiting. */
  read(session: BrowserSession): PendingIdentity | null {
    return this.open(session.id, session.data[key]);
  }

  /** Takes it out: of several consents at once, one gets it. */
  async take(session: BrowserSession): Promise<PendingIdentity | null> {
    return this.open(session.id, await this.sessions.take(session, key));
  }

  /** What waited in a session that is over. */
  leftIn(sessionId: number, data: Record<string, unknown>): PendingIdentity | null {
    return this.open(sessionId, data[key]);
  }

  private open(sessionId: number, sealed: unknown): PendingIdentity | null {
    if (typeof sealed !== 'string') return null;
    const opened = this.keyring.open('users', placeOf(sessionId), Buffer.from(sealed, 'base64'));
    const { access, refresh, expiresAt, refreshExpiresAt, ...rest } = JSON.parse(opened.reveal()) as Written;
    const tokens: UserTokens = {
      accessToken: new Secret(access),
      refreshToken: refresh === null ? null : new Secret(refresh),
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
      refreshTokenExpiresAt: refreshExpiresAt === null ? null : new Date(refreshExpiresAt),
    };
    return { ...rest, tokens };
  }
}

function placeOf(sessionId: number): { table: string; column: string; row: string } {
  return { table: 'session', column: 'data', row: String(sessionId) };
}
