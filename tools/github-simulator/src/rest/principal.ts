import { appOfJwt } from '../apps/app-jwt.js';
import { badCredentials, GitHubError } from '../http/github-error.js';
import type { App, InstallationToken, OauthApp, OauthToken, PersonalToken, UserToken } from '../state/model.js';
import type { World } from '../world.js';

/** Who a request speaks for. */
export type Principal =
  | { kind: 'anonymous' }
  | { kind: 'app'; app: App }
  | { kind: 'client'; app: App | OauthApp }
  | { kind: 'installation'; token: InstallationToken }
  | { kind: 'user'; token: UserToken }
  | { kind: 'personal'; token: PersonalToken }
  | { kind: 'oauth'; token: OauthToken };

/** Those that speak for a person, whatever made their token. */
export type PersonPrincipal = Extract<Principal, { kind: 'user' | 'personal' | 'oauth' }>;

export function isPerson(principal: Principal): principal is PersonPrincipal {
  return principal.kind === 'user' || principal.kind === 'personal' || principal.kind === 'oauth';
}

/** Reads `Authorization`; throws 401 for credentials that are there and wrong. */
export function principalOf(world: World, authorization: string | undefined): Principal {
  if (!authorization) return { kind: 'anonymous' };
  const [scheme = '', ...rest] = authorization.split(' ');
  const value = rest.join(' ').trim();
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return value.split('.').length === 3 && !value.startsWith('gh')
        ? { kind: 'app', app: appOfJwt(world.store, value, world.clock.now()) }
        : principalOfToken(world, value);
    case 'basic':
      return principalOfBasic(world, value);
    default:
      throw badCredentials();
  }
}

export function principalOfToken(world: World, value: string): Principal {
  const token = world.tokens.live(value);
  switch (token?.kind) {
    case 'installation': {
      const installation = world.store.installations.get(token.installationId);
      if (!installation) throw badCredentials();
      if (installation.suspendedAt !== null) throw new GitHubError(403, 'This installation has been suspended');
      return { kind: 'installation', token };
    }
    case 'user':
      return { kind: 'user', token };
    case 'personal':
      return { kind: 'personal', token };
    case 'oauth':
      return { kind: 'oauth', token };
    case undefined:
      throw badCredentials();
  }
}

function principalOfBasic(world: World, encoded: string): Principal {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const [name, secret] = [text.slice(0, colon), text.slice(colon + 1)];
  const app = world.store.clientById(name);
  if (app) {
    if (app.clientSecret !== secret) throw badCredentials();
    return { kind: 'client', app };
  }
  return principalOfToken(world, /^gh[a-z]_/.test(secret) ? secret : name);
}

/** The name of the request budget that a principal draws on. */
export function budgetOf(principal: Principal): string {
  switch (principal.kind) {
    case 'anonymous':
      return 'anonymous';
    case 'app':
      return `app:${principal.app.id}`;
    case 'client':
      return `client:${principal.app.id}`;
    case 'installation':
      return `installation:${principal.token.installationId}`;
    case 'user':
    case 'personal':
    case 'oauth':
      return `user:${principal.token.userId}`;
  }
}

/** How the control API names who asked. */
export function actorOf(world: World, principal: Principal): string | null {
  switch (principal.kind) {
    case 'anonymous':
      return null;
    case 'app':
      return principal.app.slug;
    case 'client':
      return 'slug' in principal.app ? principal.app.slug : principal.app.name;
    case 'installation':
      return `${world.store.apps.get(principal.token.appId)?.slug ?? '?'}/${principal.token.installationId}`;
    case 'user':
    case 'personal':
    case 'oauth':
      return world.store.accounts.get(principal.token.userId)?.login ?? null;
  }
}
