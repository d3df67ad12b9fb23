import { createHash } from 'node:crypto';
import type { App, OauthApp, RefreshToken, UserToken } from '../state/model.js';
import { refreshTokenLifetimeS, userTokenLifetimeS } from '../state/tokens.js';
import { randomText } from '../state/secrets.js';
import type { World } from '../world.js';

/** What `POST /login/oauth/access_token` answers; errors come with HTTP 200 as well. */
export type ExchangeAnswer = Record<string, unknown>;

const codeLifetimeMs = 600_000;

const descriptions: Record<string, string> = {
  bad_refresh_token: 'The refresh token passed is incorrect or expired.',
  bad_verification_code: 'The code passed is incorrect or expired.',
  incorrect_client_credentials: 'The client_id and/or client_secret passed are incorrect.',
  redirect_uri_mismatch: 'The redirect_uri MUST match the registered callback URL for this application.',
  unsupported_grant_type: 'The grant_type is not supported.',
};

function failed(error: string): ExchangeAnswer {
  return {
    error,
    error_description: descriptions[error] ?? error,
    error_uri: `https://docs.github.com/apps/troubleshooting/#${error.replaceAll('_', '-')}`,
  };
}

/** A code for a person who agreed; used once, within ten minutes, by whom it was made for. */
export function issueCode(
  world: World,
  app: App | OauthApp,
  userId: number,
  request: { redirectUri: string; challenge: string | null; scopes: string[] },
): string {
  const value = randomText(20).toLowerCase();
  world.store.authorizations.add(`${app.id}/${userId}`);
  world.store.codes.set(value, {
    value,
    appId: app.id,
    userId,
    ...request,
    expiresAt: world.clock.now() + codeLifetimeMs,
    used: false,
  });
  return value;
}

export function exchange(world: World, form: URLSearchParams): ExchangeAnswer {
  const app = world.store.clientById(form.get('client_id') ?? '');
  if (!app || form.get('client_secret') !== app.clientSecret) return failed('incorrect_client_credentials');
  switch (form.get('grant_type') ?? 'authorization_code') {
    case 'authorization_code':
      return exchangeCode(world, app, form);
    case 'refresh_token':
      if (!('slug' in app)) return failed('unsupported_grant_type');
      return exchangeRefreshToken(world, app, form.get('refresh_token') ?? '');
    default:
      return failed('unsupported_grant_type');
  }
}

function exchangeCode(world: World, app: App | OauthApp, form: URLSearchParams): ExchangeAnswer {
  const code = world.store.codes.get(form.get('code') ?? '');
  if (!code || code.appId !== app.id || code.used || code.expiresAt <= world.clock.now()) {
    return failed('bad_verification_code');
  }
  const redirectUri = form.get('redirect_uri');
  if (redirectUri !== null && redirectUri !== code.redirectUri) return failed('redirect_uri_mismatch');
  code.used = true;
  if (!verifierHolds(code.challenge, form.get('code_verifier'))) return failed('bad_verification_code');
  if (!('slug' in app)) {
    const { value, scopes } = world.tokens.issueOauthToken(app.id, code.userId, code.scopes);
    return { access_token: value, scope: scopes.join(','), token_type: 'bearer' };
  }
  const narrowing = narrowedTo(world, app, code.userId, form.get('repository_id'));
  return issue(world, app, code.userId, narrowing).answer;
}

function verifierHolds(challenge: string | null, verifier: string | null): boolean {
  if (challenge === null) return true;
  return (
    createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url') === challenge
  );
}

/** A repository that the App or the person cannot reach is ignored without a word: the token comes out wide. */
function narrowedTo(world: World, app: App, userId: number, repositoryId: string | null): UserToken['narrowing'] {
  const repository = repositoryId === null ? undefined : world.store.repositories.get(Number(repositoryId));
  const installation = repository && world.store.installationFor(app.id, repository.ownerId);
  if (!installation || !world.store.installationHas(installation, repository)) return null;
  if (world.store.roleOf(userId, repository) === 'none' || world.wide.take('exchange')) return null;
  return {
    installationId: installation.id,
    repositoryIds: new Set([repository.id]),
    permissions: { ...installation.permissions },
  };
}

function issue(
  world: World,
  app: App,
  userId: number,
  narrowing: UserToken['narrowing'],
): { access: UserToken; refresh: RefreshToken | null; answer: ExchangeAnswer } {
  const access = world.tokens.issueUserToken({ appId: app.id, userId, expires: app.expireUserTokens, narrowing });
  const base = { access_token: access.value, scope: '', token_type: 'bearer' };
  if (!app.expireUserTokens) return { access, refresh: null, answer: base };
  const refresh = world.tokens.issueRefreshToken(access);
  const answer = {
    ...base,
    expires_in: userTokenLifetimeS,
    refresh_token: refresh.value,
    refresh_token_expires_in: refreshTokenLifetimeS,
  };
  return { access, refresh, answer };
}

function exchangeRefreshToken(world: World, app: App, value: string): ExchangeAnswer {
  const { tokens, switches } = world;
  const now = world.clock.now();
  const token = tokens.refresh.get(value);
  if (!token || token.appId !== app.id || token.endedAt !== null || token.expiresAt <= now)
    return failed('bad_refresh_token');
  if (token.usedAt !== null) {
    if (token.answer && now - token.usedAt < switches.refreshGraceMs) return token.answer;
    if (switches.refreshReuseEndsChain) tokens.endGrant(token.appId, token.userId);
    return failed('bad_refresh_token');
  }
  token.usedAt = now;
  const old = tokens.access.get(token.accessToken);
  if (old) tokens.end(old);
  const issued = issue(world, app, token.userId, token.narrowing);
  token.answer = issued.answer;
  return issued.answer;
}
