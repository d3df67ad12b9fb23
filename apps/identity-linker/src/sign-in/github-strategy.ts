import { callbackify } from 'node:util';

import type { UserTokens } from '@crosstie/github';
import { Strategy, type StrategyOptions } from 'passport-github2';

/** Whom GitHub says that it is. */
export interface SignedInAtGithub {
  id: number;
  login: string;
  name: string | null;
  avatarUrl: string | null;
}

/** What the state of a sign-in was bound to. */
export interface SignInState {
  purpose: 'login' | 'link';
  returnTo: string;
}

export interface GithubStrategyParts {
  clientId: string;
  webUrl: string;
  callbackUrl: string;
  /** Keeps the PKCE verifier and gives the state that stands for it. */
  keepState(verifier: string): Promise<string>;
  /** Gives the verifier back, once, to who shows the state; null to anybody else. */
  takeState(state: string): Promise<({ verifier: string } & SignInState) | null>;
  exchange(code: string, verifier: string, redirectUri: string): Promise<UserTokens>;
  profile(tokens: UserTokens): Promise<SignedInAtGithub>;
}

export type SignInOutcome =
  | { to: 'github'; url: string }
  | { to: 'signed_in'; person: SignedInAtGithub; tokens: UserTokens; state: SignInState }
  | { to: 'refused' };

type Done = (error: unknown, ...values: unknown[]) => void;
type Finish = (error: null, outcome: object) => void;

/**
 * Passport's GitHub strategy with our own state store, S256, and our own calls for the exchange and the profile:
 * those have time limits and keep no credential in an error.
 */
class GithubStrategy extends Strategy {
  private tokens: UserTokens | null = null;
  private state: SignInState | null = null;

  constructor(private readonly parts: GithubStrategyParts) {
    super(
      {
        clientID: parts.clientId,
        clientSecret: 'not used: the exchange is ours',
        callbackURL: parts.callbackUrl,
        authorizationURL: `${parts.webUrl}/login/oauth/authorize`,
        tokenURL: `${parts.webUrl}/login/oauth/access_token`,
        pkce: true,
        // The number of parameters tells passport-oauth2 what it may pass: five and four, as with PKCE.
        store: {
          store: (_request: unknown, verifier: string, _state: unknown, _meta: unknown, done: Done) =>
            callbackify(() => parts.keepState(verifier))(done),
          verify: (_request: unknown, state: string, _meta: unknown, done: Done) => this.verifyState(state, done),
        },
      } as unknown as StrategyOptions,
      // Five parameters for the same reason.
      (_access: string, _refresh: string, _params: unknown, person: SignedInAtGithub, done: Finish) =>
        done(null, { to: 'signed_in', person, tokens: this.tokens, state: this.state }),
    );
    Object.assign(this._oauth2, {
      getOAuthAccessToken: (code: string, params: { code_verifier?: string; redirect_uri?: string }, done: Done) =>
        this.exchange(code, params, done),
    });
  }

  override userProfile(_accessToken: string, done: (error?: Error | null, profile?: unknown) => void): void {
    const { tokens } = this;
    if (!tokens) return done(new Error('The profile was asked for before the exchange'));
    callbackify(() => this.parts.profile(tokens))(done);
  }

  private verifyState(state: string, done: Done): void {
    callbackify(() => this.parts.takeState(state))((error: unknown, kept) => {
      this.state = kept;
      if (error || !kept) done(error, false, { message: 'state' });
      else done(null, kept.verifier, {});
    });
  }

  private exchange(code: string, params: { code_verifier?: string; redirect_uri?: string }, done: Done): void {
    const work = () => this.parts.exchange(code, params.code_verifier ?? '', params.redirect_uri ?? '');
    callbackify(work)((error: unknown, tokens) => {
      if (error) return done(error);
      this.tokens = tokens;
      done(null, tokens.accessToken.reveal(), tokens.refreshToken?.reveal() ?? '', {});
    });
  }
}

/** Starts a sign-in: where the browser goes. */
export function beginAtGithub(parts: GithubStrategyParts): Promise<SignInOutcome> {
  return run(parts, {});
}

/** Finishes a sign-in with what GitHub sent the browser back with. Throws a GithubError. */
export function finishAtGithub(parts: GithubStrategyParts, code: string, state: string): Promise<SignInOutcome> {
  return run(parts, { code, state });
}

function run(parts: GithubStrategyParts, query: Record<string, string>): Promise<SignInOutcome> {
  return new Promise((resolve, reject) => {
    const strategy = new GithubStrategy(parts);
    Object.assign(strategy, {
      redirect: (url: string) => resolve({ to: 'github', url }),
      success: (outcome: SignInOutcome) => resolve(outcome),
      fail: () => resolve({ to: 'refused' }),
      error: (error: unknown) => reject(originalOf(error)),
    });
    strategy.authenticate({ query } as unknown as Parameters<Strategy['authenticate']>[0], {});
  });
}

/** passport-oauth2 wraps what our exchange threw. */
function originalOf(error: unknown): unknown {
  const wrapped = error as { oauthError?: unknown };
  return wrapped.oauthError instanceof Error ? wrapped.oauthError : error;
}
