import type { AccessToken } from '../state/model.js';
import type { World } from '../world.js';
import type { IssuedSecret } from './wire.js';

/** Every secret that the simulated GitHub ever made, for a search of what must not leak. */
export function issuedSecrets(world: World): IssuedSecret[] {
  return [...appSecrets(world), ...accessTokens(world), ...refreshTokens(world), ...codes(world)];
}

function appSecrets(world: World): IssuedSecret[] {
  const oauthApps = [...world.store.oauthApps.values()].map((app): IssuedSecret => ({
    kind: 'client_secret',
    value: app.clientSecret,
    owner: app.name,
    live: true,
  }));
  const hooks = [...world.store.repositoryHooks.values()].flatMap(({ secret, repositoryId }): IssuedSecret[] => {
    const repository = world.store.repositories.get(repositoryId);
    const owner = repository ? world.store.fullName(repository) : String(repositoryId);
    return secret === null ? [] : [{ kind: 'webhook_secret', value: secret, owner, live: true }];
  });
  const apps = [...world.store.apps.values()].flatMap((app): IssuedSecret[] => [
    { kind: 'client_secret', value: app.clientSecret, owner: app.slug, live: true },
    { kind: 'private_key', value: app.privateKey, owner: app.slug, live: true },
    ...(app.hook.secret
      ? [{ kind: 'webhook_secret' as const, value: app.hook.secret, owner: app.slug, live: true }]
      : []),
  ]);
  return [...apps, ...oauthApps, ...hooks];
}

function names(world: World, ids: Set<number> | null): string[] | null {
  if (ids === null) return null;
  return [...ids].map((id) => {
    const repository = world.store.repositories.get(id);
    return repository ? world.store.fullName(repository) : String(id);
  });
}

function accessTokens(world: World): IssuedSecret[] {
  return [...world.tokens.access.values()].map((token) => describeToken(world, token));
}

function describeToken(world: World, token: AccessToken): IssuedSecret {
  const live = world.tokens.live(token.value) !== undefined;
  switch (token.kind) {
    case 'installation':
      return {
        kind: 'installation_token',
        value: token.value,
        owner: `${world.store.apps.get(token.appId)?.slug}/${token.installationId}`,
        live,
        repositories: names(world, token.repositoryIds),
        permissions: token.permissions,
        expiresAt: world.clock.iso(token.expiresAt),
      };
    case 'user':
      return {
        kind: token.narrowing ? 'narrowed_user_token' : 'user_token',
        value: token.value,
        owner: world.store.account(token.userId).login,
        live,
        ...(token.narrowing
          ? { repositories: names(world, token.narrowing.repositoryIds), permissions: token.narrowing.permissions }
          : {}),
        expiresAt: token.expiresAt === null ? null : world.clock.iso(token.expiresAt),
      };
    case 'personal':
      return { kind: 'personal_token', value: token.value, owner: world.store.account(token.userId).login, live };
    case 'oauth':
      return { kind: 'oauth_token', value: token.value, owner: world.store.account(token.userId).login, live };
  }
}

function refreshTokens(world: World): IssuedSecret[] {
  return [...world.tokens.refresh.values()].map((token) => ({
    kind: 'refresh_token',
    value: token.value,
    owner: world.store.account(token.userId).login,
    live: token.usedAt === null && token.endedAt === null && token.expiresAt > world.clock.now(),
    expiresAt: world.clock.iso(token.expiresAt),
  }));
}

function codes(world: World): IssuedSecret[] {
  const { store, clock } = world;
  return [
    ...[...store.codes.values()].map((code): IssuedSecret => ({
      kind: 'authorization_code',
      value: code.value,
      owner: store.account(code.userId).login,
      live: !code.used && code.expiresAt > clock.now(),
    })),
    ...[...store.manifestCodes.values()].map((code): IssuedSecret => ({
      kind: 'manifest_code',
      value: code.value,
      owner: store.apps.get(code.appId)?.slug ?? '',
      live: !code.used && code.expiresAt > clock.now(),
    })),
    ...[...store.browserSessions].map(([value, id]): IssuedSecret => ({
      kind: 'browser_session',
      value,
      owner: store.account(id).login,
      live: true,
    })),
  ];
}
