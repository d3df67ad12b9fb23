import { GitHubError, notFound } from '../http/github-error.js';
import { simpleUser } from '../represent/account.js';
import type { Answer, Call, Operation } from '../rest/operation.js';
import { wantedPermissions } from '../rest/app-operations.js';
import type { App, Installation, OauthApp, OauthToken, UserToken } from '../state/model.js';
import { tokenFingerprint } from '../state/secrets.js';
import { announceRevocation } from '../webhooks/announce.js';

function clientOf(call: Call): App | OauthApp {
  if (call.principal.kind !== 'client' || call.principal.app.clientId !== call.params['client_id']) throw notFound();
  return call.principal.app;
}

/** The client's own live token of a person, named in the body. */
function tokenOf(call: Call, missing: () => GitHubError): UserToken | OauthToken {
  const client = clientOf(call);
  const value = call.body['access_token'];
  const token = typeof value === 'string' ? call.world.tokens.live(value) : undefined;
  if ((token?.kind !== 'user' && token?.kind !== 'oauth') || token.appId !== client.id) throw missing();
  return token;
}

function representAuthorization(call: Call, token: UserToken | OauthToken): Record<string, unknown> {
  const { store, clock, addresses } = call.world;
  const app = clientOf(call);
  const { hashed, lastEight } = tokenFingerprint(token.value);
  const account = store.account(token.userId);
  const narrowing = token.kind === 'user' ? token.narrowing : null;
  const expiresAt = token.kind === 'user' ? token.expiresAt : null;
  const installation = narrowing ? store.installations.get(narrowing.installationId) : undefined;
  return {
    id: token.id,
    url: `${addresses.api}/authorizations/${token.id}`,
    app: { client_id: app.clientId, name: app.name, url: 'slug' in app ? app.externalUrl : app.url },
    token: token.value,
    hashed_token: hashed,
    token_last_eight: lastEight,
    note: null,
    note_url: null,
    created_at: clock.iso(token.createdAt),
    updated_at: clock.iso(token.createdAt),
    scopes: token.kind === 'oauth' ? token.scopes : [],
    fingerprint: null,
    expires_at: expiresAt === null ? null : clock.iso(expiresAt),
    user: simpleUser(account, addresses),
    installation: installation && narrowing ? scopedInstallation(call, installation, narrowing) : null,
  };
}

function scopedInstallation(
  call: Call,
  installation: Installation,
  narrowing: NonNullable<UserToken['narrowing']>,
): Record<string, unknown> {
  const { store, addresses } = call.world;
  return {
    permissions: narrowing.permissions,
    repository_selection: narrowing.repositoryIds === null ? installation.selection : 'selected',
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    repositories_url: `${addresses.api}/user/repos`,
    account: simpleUser(store.account(installation.accountId), addresses),
  };
}

function check(call: Call): Answer {
  return { status: 200, body: representAuthorization(call, tokenOf(call, notFound)) };
}

function reset(call: Call): Answer {
  const { tokens, switches, clock } = call.world;
  const old = tokenOf(call, notFound);
  if (old.kind === 'oauth') {
    tokens.end(old);
    const fresh = tokens.issueOauthToken(old.appId, old.userId, old.scopes);
    return { status: 200, body: representAuthorization(call, fresh) };
  }
  const fresh = tokens.issueUserToken({
    appId: old.appId,
    userId: old.userId,
    expires: old.expiresAt !== null,
    narrowing: old.narrowing,
  });
  const refresh = tokens.refreshTokenOf(old);
  if (refresh && switches.resetEndsRefreshToken) refresh.endedAt ??= clock.now();
  else if (refresh) refresh.accessToken = fresh.value;
  tokens.end(old);
  return { status: 200, body: representAuthorization(call, fresh) };
}

function revoke(call: Call): Answer {
  const token = tokenOf(call, () => new GitHubError(422, 'Validation Failed'));
  call.world.tokens.end(token);
  return { status: 204 };
}

function removeGrant(call: Call): Answer {
  const { world } = call;
  const app = clientOf(call);
  const token = tokenOf(call, () => new GitHubError(422, 'Validation Failed'));
  world.tokens.endGrant(app.id, token.userId);
  world.store.authorizations.delete(`${app.id}/${token.userId}`);
  if ('slug' in app) announceRevocation(world, app, world.store.account(token.userId));
  return { status: 204 };
}

/** The installation that a narrowed token is for: `target` or `target_id` names its account. */
function targetInstallation(call: Call, app: App): Installation {
  const { store } = call.world;
  const { target, target_id: id } = call.body;
  if ((target === undefined) === (id === undefined)) {
    throw new GitHubError(422, 'Exactly one of target or target_id is required.');
  }
  const account = typeof target === 'string' ? store.accountByLogin(target) : store.accounts.get(Number(id));
  const installation = account && store.installationFor(app.id, account.id);
  if (!installation) throw notFound();
  if (installation.suspendedAt !== null) throw new GitHubError(403, 'This installation has been suspended');
  return installation;
}

function narrow(call: Call): Answer {
  const { world } = call;
  const app = clientOf(call);
  const parent = tokenOf(call, notFound);
  if (!('slug' in app) || parent.kind !== 'user') throw notFound();
  if (parent.narrowing) throw new GitHubError(422, 'The access token is scoped already.');
  const installation = targetInstallation(call, app);
  const repositoryIds = narrowedRepositories(call, installation, parent);
  const permissions = wantedPermissions(call.body['permissions'], installation.permissions);
  const wide = world.wide.take('scoped');
  const token = world.tokens.issueUserToken({
    appId: app.id,
    userId: parent.userId,
    expires: true,
    parent,
    narrowing: {
      installationId: installation.id,
      repositoryIds: wide ? null : repositoryIds,
      permissions: wide ? { ...installation.permissions } : permissions,
    },
  });
  return { status: 200, body: representAuthorization(call, token) };
}

function narrowedRepositories(call: Call, installation: Installation, parent: UserToken): Set<number> | null {
  const { store } = call.world;
  const { repositories: names, repository_ids: ids } = call.body;
  if (names !== undefined && ids !== undefined) {
    throw new GitHubError(422, 'Only one of repositories and repository_ids is possible.');
  }
  if (!Array.isArray(names) && !Array.isArray(ids)) return null;
  const available = store.repositoriesOf(installation).filter((each) => store.roleOf(parent.userId, each) !== 'none');
  const wanted = Array.isArray(ids)
    ? ids.map((id) => available.find((each) => each.id === id))
    : (names as unknown[]).map((name) => available.find((each) => each.name === name));
  const found = wanted.filter((each) => each !== undefined);
  if (found.length < wanted.length) {
    throw new GitHubError(422, 'There is at least one repository that does not exist or is not accessible.');
  }
  return new Set(found.map((each) => each.id));
}

/** What an App asks about its user tokens, with its client id and secret. */
export const tokenOperations: Operation[] = [
  { method: 'POST', path: '/applications/{client_id}/token', askers: ['client'], handle: check },
  { method: 'PATCH', path: '/applications/{client_id}/token', askers: ['client'], handle: reset },
  { method: 'DELETE', path: '/applications/{client_id}/token', askers: ['client'], handle: revoke },
  { method: 'DELETE', path: '/applications/{client_id}/grant', askers: ['client'], handle: removeGrant },
  { method: 'POST', path: '/applications/{client_id}/token/scoped', askers: ['client'], handle: narrow },
];
