import type { App, Installation } from '../state/model.js';
import type { Store } from '../state/store.js';
import { nodeId, simpleUser } from './account.js';
import type { Addresses } from './addresses.js';

export function representInstallation(
  store: Store,
  installation: Installation,
  at: Addresses,
): Record<string, unknown> {
  const app = store.apps.get(installation.appId);
  const account = store.account(installation.accountId);
  const suspendedBy = installation.suspendedById === null ? null : store.account(installation.suspendedById);
  const web = account.type === 'Organization' ? `${at.web}/organizations/${account.login}` : at.web;
  return {
    id: installation.id,
    client_id: app?.clientId,
    account: simpleUser(account, at),
    repository_selection: installation.selection,
    access_tokens_url: `${at.api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${at.api}/installation/repositories`,
    html_url: `${web}/settings/installations/${installation.id}`,
    app_id: installation.appId,
    app_slug: app?.slug ?? '',
    target_id: installation.accountId,
    target_type: account.type,
    permissions: installation.permissions,
    events: installation.events,
    created_at: store.clock.iso(installation.createdAt),
    updated_at: store.clock.iso(installation.updatedAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: suspendedBy ? simpleUser(suspendedBy, at) : null,
    suspended_at: installation.suspendedAt === null ? null : store.clock.iso(installation.suspendedAt),
  };
}

/** GitHub's `integration`, as `GET /app` answers. */
export function representApp(store: Store, app: App, at: Addresses): Record<string, unknown> {
  const installations = [...store.installations.values()].filter((each) => each.appId === app.id);
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('A', app.id),
    client_id: app.clientId,
    owner: simpleUser(store.account(app.ownerId), at),
    name: app.name,
    description: app.description,
    external_url: app.externalUrl,
    html_url: `${at.web}/apps/${app.slug}`,
    created_at: store.clock.iso(app.createdAt),
    updated_at: store.clock.iso(app.createdAt),
    permissions: app.permissions,
    events: app.events,
    installations_count: installations.length,
  };
}
