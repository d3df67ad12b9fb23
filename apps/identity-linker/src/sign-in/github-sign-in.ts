import { randomToken, recordAudit, Database } from '@crosstie/domain';
import { GithubClient, GithubHost, OauthClient, type UserTokens } from '@crosstie/github';
import { Clock, CrosstieConfig, Secret } from '@crosstie/platform';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { Inject, Injectable } from '@nestjs/common';

import { BrowserSessions, type BrowserSession } from '../sessions/browser-sessions.js';
import {
  beginAtGithub,
  finishAtGithub,
  type GithubStrategyParts,
  type SignedInAtGithub,
  type SignInOutcome,
  type SignInState,
} from './github-strategy.js';

export const callbackPath = '/auth/github/callback';

const stateKey = 'oauth';
const stateLifeMs = 10 * 60_000;

interface KeptState extends SignInState {
  state: string;
  verifier: string;
  host: string;
  /** Who was signed in when it began; a link is for nobody else. */
  userId: number | null;
  at: number;
}

/**
 * The round to GitHub and back. A state is 256 random bits, good once and for ten minutes, in the session that
 * began it, for one purpose, one host and one person.
 */
@Injectable()
export class GithubSignIn {
  constructor(
    @Inject(BrowserSessions) private readonly sessions: BrowserSessions,
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(GithubHost) private readonly github: GithubHost,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** Whether there is an App to sign in with. */
  async possible(): Promise<boolean> {
    return (await this.authority.app.find(this.config.github.host)) !== null;
  }

  /** Where the browser goes to sign in. Throws TokenRefused `app_missing`. */
  async begin(session: BrowserSession, state: SignInState): Promise<string> {
    const outcome = await beginAtGithub(await this.parts(session, state));
    if (outcome.to !== 'github') throw new Error('The sign-in did not begin');
    return outcome.url;
  }

  /** What became of it; `refused` when the state does not hold. Throws a GithubError. */
  async finish(session: BrowserSession | null, code: unknown, state: unknown): Promise<SignInOutcome> {
    if (!session || typeof code !== 'string' || code === '' || typeof state !== 'string' || state === '') {
      // What is missing on either side is a refusal, never an equality of nothings; and the state is spent.
      if (session) await this.sessions.take(session, stateKey);
      return this.refuse(session);
    }
    const outcome = await finishAtGithub(await this.parts(session, { purpose: 'login', returnTo: '/' }), code, state);
    return outcome.to === 'refused' ? this.refuse(session) : outcome;
  }

  /** The person said no at GitHub: the state is spent; false when it did not hold. */
  async decline(session: BrowserSession | null, state: unknown): Promise<boolean> {
    if (session && typeof state === 'string' && (await this.takeState(session, state))) return true;
    await this.refuse(session);
    return false;
  }

  private async refuse(session: BrowserSession | null): Promise<SignInOutcome> {
    await recordAudit(this.database, {
      actorId: session?.userId ?? null,
      action: 'auth.state_mismatch',
      entityType: 'session',
      entityId: session?.id ?? null,
    });
    return { to: 'refused' };
  }

  private async parts(session: BrowserSession, wanted: SignInState): Promise<GithubStrategyParts> {
    const { host, webUrl } = this.config.github;
    const oauth = await this.authority.app.oauthApp(host);
    const client = new OauthClient(this.github, oauth);
    return {
      clientId: oauth.clientId,
      webUrl,
      callbackUrl: `${this.config.url}${callbackPath}`,
      keepState: (verifier) => this.keepState(session, wanted, verifier),
      takeState: (state) => this.takeState(session, state),
      exchange: (code, verifier, redirectUri) => client.exchangeCode(code, verifier, redirectUri),
      profile: (tokens) => this.profile(tokens),
    };
  }

  private async keepState(session: BrowserSession, wanted: SignInState, verifier: string): Promise<string> {
    const state = randomToken('');
    const { host } = this.config.github;
    const kept: KeptState = { ...wanted, state, verifier, host, userId: session.userId, at: this.clock.ms() };
    await this.sessions.remember(session, stateKey, kept);
    return state;
  }

  private async takeState(session: BrowserSession, state: string): Promise<KeptState | null> {
    const kept = (await this.sessions.take(session, stateKey)) as KeptState | null;
    if (!kept || !Secret.equals(new Secret(kept.state), new Secret(state))) return null;
    const age = this.clock.ms() - kept.at;
    const same = kept.host === this.config.github.host && kept.userId === session.userId;
    return same && age >= 0 && age <= stateLifeMs ? kept : null;
  }

  private async profile(tokens: UserTokens): Promise<SignedInAtGithub> {
    // Whose budget it is, is not known yet; one for all would let one person stop everybody's sign-in.
    const budget = `sign-in:${randomToken('')}`;
    const user = await new GithubClient(this.github, tokens.accessToken, budget).currentUser();
    if (!user) throw new Error('GitHub did not say who signed in');
    const { id, login, name, avatarUrl } = user;
    return { id, login, name, avatarUrl };
  }
}
