import { Secret } from '@crosstie/platform';
import { fieldsIn, idIn, permissionsIn, textIn, timeIn } from './fields.js';
import type { Fields } from './fields.js';
import { GithubError } from './github-error.js';
import type { Caller, GithubHost } from './github-host.js';

export interface OauthApp {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

/** An access token of a person, and the refresh token that follows it. */
export interface UserTokens {
  readonly accessToken: Secret;
  /** Null: it does not expire. */
  readonly expiresAt: Date | null;
  readonly refreshToken: Secret | null;
  readonly refreshTokenExpiresAt: Date | null;
}

export interface ScopedToken {
  readonly token: Secret;
  readonly expiresAt: Date | null;
  readonly userId: number | null;
  /** As GitHub answered: never assume that it is what was asked. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly repositorySelection: string | null;
  /** Where the repositories are listed that the token reaches; for GithubClient.repositoryIdsAt. */
  readonly repositoriesUrl: string | null;
}

export interface CheckedToken {
  readonly userId: number | null;
  readonly login: string | null;
  readonly expiresAt: Date | null;
}

export interface ScopedTokenRequest {
  readonly accessToken: Secret;
  /** The number of the account that owns the repository. */
  readonly targetId: number;
  readonly repositoryIds: readonly number[];
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
}

/**
 * The OAuth side of a GitHub App. Each function is one call, never repeated by itself: a lost answer of `refresh`
 * may mean that the old tokens are gone.
 */
export class OauthClient {
  private readonly basic: Caller;
  private readonly form: Caller = { authorization: null, budget: 'oauth' };

  constructor(
    private readonly host: GithubHost,
    private readonly app: OauthApp,
  ) {
    const pair = `${app.clientId}:${app.clientSecret.reveal()}`;
    this.basic = { authorization: new Secret(`Basic ${Buffer.from(pair).toString('base64')}`), budget: 'oauth' };
  }

  /** @param codeVerifier PKCE's, where the sign-in began with one */
  exchangeCode(code: string, codeVerifier: string | null, redirectUri: string | null): Promise<UserTokens> {
    return this.tokens({
      code,
      ...(codeVerifier !== null && { code_verifier: codeVerifier }),
      ...(redirectUri !== null && { redirect_uri: redirectUri }),
    });
  }

  /** Ends the refresh token given and the access token issued with it. */
  refresh(refreshToken: Secret): Promise<UserTokens> {
    return this.tokens({ grant_type: 'refresh_token', refresh_token: refreshToken.reveal() });
  }

  async scopedToken(request: ScopedTokenRequest): Promise<ScopedToken> {
    const answer = await this.applications('POST', '/token/scoped', {
      access_token: request.accessToken.reveal(),
      target_id: request.targetId,
      repository_ids: request.repositoryIds,
      permissions: request.permissions,
    });
    const token = textIn(answer?.['token']);
    if (!answer || token === null) throw unreadable('a narrowed token');
    const installation = fieldsIn(answer['installation']);
    return {
      token: new Secret(token),
      expiresAt: timeIn(answer['expires_at']),
      userId: idIn(fieldsIn(answer['user'])?.['id']),
      permissions: permissionsIn(installation?.['permissions']),
      repositorySelection: textIn(installation?.['repository_selection']),
      repositoriesUrl: textIn(installation?.['repositories_url']),
    };
  }

  /** Null for a token that does not hold. */
  async checkToken(token: Secret): Promise<CheckedToken | null> {
    const asked = this.applications('POST', '/token', { access_token: token.reveal() });
    const answer = await absent(asked);
    if (!answer) return null;
    const user = fieldsIn(answer['user']);
    return { userId: idIn(user?.['id']), login: textIn(user?.['login']), expiresAt: timeIn(answer['expires_at']) };
  }

  /** Ends one token; harmless where it has ended. */
  async deleteToken(token: Secret): Promise<void> {
    await absent(this.applications('DELETE', '/token', { access_token: token.reveal() }));
  }

  /** Ends the person's whole authorisation, with every token of theirs. */
  async deleteGrant(token: Secret): Promise<void> {
    await absent(this.applications('DELETE', '/grant', { access_token: token.reveal() }));
  }

  private async applications(method: 'POST' | 'DELETE', path: string, parameters: Fields): Promise<Fields | null> {
    const route = `${method} /applications/${encodeURIComponent(this.app.clientId)}${path}`;
    return fieldsIn(await this.host.json(this.basic, { route, parameters }));
  }

  private async tokens(parameters: Fields): Promise<UserTokens> {
    const sentAtMs = this.host.clock.ms();
    const route = 'POST /login/oauth/access_token';
    const credentials = { client_id: this.app.clientId, client_secret: this.app.clientSecret.reveal() };
    const body = { ...credentials, ...parameters };
    const answer = fieldsIn(await this.host.json(this.form, { route, web: true, parameters: body }));
    refuseOnError(answer);
    const accessToken = textIn(answer?.['access_token']);
    if (!answer || accessToken === null) throw unreadable('an access token');
    const refreshToken = textIn(answer['refresh_token']);
    const end = (seconds: number | null) => (seconds === null ? null : new Date(sentAtMs + seconds * 1000));
    return {
      accessToken: new Secret(accessToken),
      expiresAt: end(idIn(answer['expires_in'])),
      refreshToken: refreshToken === null ? null : new Secret(refreshToken),
      refreshTokenExpiresAt: end(idIn(answer['refresh_token_expires_in'])),
    };
  }
}

// This route answers its refusals with status 200.
function refuseOnError(answer: Fields | null): void {
  const reason = textIn(answer?.['error']);
  if (reason === null) return;
  const sentence = textIn(answer?.['error_description']) ?? 'no reason given';
  throw new GithubError(`GitHub refused the token exchange: ${reason}: ${sentence.slice(0, 200)}`, {
    status: 200,
    kind: 'oauth_refused',
    reason,
  });
}

function unreadable(what: string): GithubError {
  return new GithubError(`GitHub's answer does not hold ${what}`, { status: 200, kind: 'unavailable' });
}

async function absent<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof GithubError && (error.kind === 'not_found' || error.status === 422)) return null;
    throw error;
  }
}
