import type { FastifyInstance } from 'fastify';
import { randomHex } from '../state/secrets.js';
import * as installing from '../apps/installing.js';
import { pingHook, registerApp, withMetadata } from '../apps/register.js';
import type { App, Installation, Permissions, Repository } from '../state/model.js';
import { hookOfApp } from '../webhooks/hook-owner.js';
import type { World } from '../world.js';
import { accountOf, appOf, installationOf, repositoryOf, senderOf } from './lookup.js';
import type { CreatedApp, InstallationState, NewApp, NewInstallation, RawDelivery } from './wire.js';

interface ById {
  id: string;
}

type InstallationChange =
  | { action: 'suspend' | 'unsuspend' | 'uninstall' | 'accept_permissions'; sender?: string }
  | { action: 'add_repositories' | 'remove_repositories'; repositories: string[]; sender?: string };

/** Apps, installations and hand-made deliveries. */
export function appRoutes(server: FastifyInstance, world: World): void {
  server.post<{ Body: NewApp }>('/apps', async (request) => {
    const app = await registerApp(world, accountOf(world, request.body.owner), request.body);
    pingHook(world, app);
    return representCreated(app);
  });

  server.get<{ Params: { slug: string } }>('/apps/:slug', (request) =>
    representCreated(appOf(world, request.params.slug)),
  );

  server.patch<{
    Params: { slug: string };
    Body: {
      hookUrl?: string;
      hookActive?: boolean;
      webhookSecret?: string;
      callbackUrls?: string[];
      permissions?: Permissions;
      events?: string[];
      expireUserTokens?: boolean;
    };
  }>('/apps/:slug', (request) => {
    const app = appOf(world, request.params.slug);
    const { hookUrl, hookActive, webhookSecret, callbackUrls, permissions, events, expireUserTokens } = request.body;
    if (hookUrl !== undefined) Object.assign(app.hook, { url: hookUrl, active: true });
    if (hookActive !== undefined) app.hook.active = hookActive;
    if (webhookSecret !== undefined) app.hook.secret = webhookSecret;
    if (callbackUrls !== undefined) app.callbackUrls = callbackUrls;
    if (expireUserTokens !== undefined) app.expireUserTokens = expireUserTokens;
    if (permissions ?? events) {
      installing.changeAppPermissions(world, app, withMetadata(permissions ?? app.permissions), events ?? app.events);
    }
    return representCreated(app);
  });

  server.post<{ Body: NewInstallation }>('/installations', (request) => {
    const { app, account: login, repositories, sender } = request.body;
    const account = accountOf(world, login);
    const chosen = repositories?.map((repo) => repositoryOf(world, { owner: login, repo })) ?? null;
    return represent(
      world,
      installing.install(world, appOf(world, app), account, chosen, senderOf(world, sender, account)),
    );
  });

  server.get('/installations', () => [...world.store.installations.values()].map((each) => represent(world, each)));

  server.patch<{ Params: ById; Body: InstallationChange }>('/installations/:id', (request) => {
    const installation = installationOf(world, request.params.id);
    changeInstallation(world, installation, request.body);
    return represent(world, installation);
  });

  server.post<{ Body: RawDelivery }>('/deliveries', async (request) => {
    const { app, event, payload, bodyBase64, guid, secret, headers } = request.body;
    const body =
      bodyBase64 === undefined ? Buffer.from(JSON.stringify(payload ?? {})) : Buffer.from(bodyBase64, 'base64');
    const sent = world.hooks.send(hookOfApp(appOf(world, app)), { event, payload: body, guid, secret, headers });
    if (sent === null) return { sent: false };
    const done = await sent;
    return {
      sent: true,
      id: String(done.id),
      guid: done.guid,
      statusCode: done.statusCode,
      responseBody: done.responseBody,
    };
  });

  server.post<{ Params: { slug: string } }>('/apps/:slug/rotate-webhook-secret', (request) => {
    const app = appOf(world, request.params.slug);
    app.hook.secret = randomHex(20);
    return { webhookSecret: app.hook.secret };
  });
}

function changeInstallation(world: World, installation: Installation, change: InstallationChange): void {
  const account = world.store.account(installation.accountId);
  const sender = senderOf(world, change.sender, account);
  const named = (names: string[]): Repository[] =>
    names.map((repo) => repositoryOf(world, { owner: account.login, repo }));
  switch (change.action) {
    case 'suspend':
      return installing.suspend(world, installation, sender);
    case 'unsuspend':
      return installing.unsuspend(world, installation, sender);
    case 'uninstall':
      return installing.uninstall(world, installation, sender);
    case 'accept_permissions': {
      const app = world.store.apps.get(installation.appId);
      return app && installing.acceptPermissions(world, installation, app, sender);
    }
    case 'add_repositories':
      return installing.addRepositories(world, installation, named(change.repositories), sender);
    case 'remove_repositories':
      return installing.removeRepositories(world, installation, named(change.repositories), sender);
  }
}

function represent(world: World, installation: Installation): InstallationState {
  return {
    id: installation.id,
    account: world.store.account(installation.accountId).login,
    selection: installation.selection,
    repositories: world.store.repositoriesOf(installation).map((each) => world.store.fullName(each)),
    permissions: installation.permissions,
    events: installation.events,
    suspended: installation.suspendedAt !== null,
  };
}

function representCreated(app: App): CreatedApp {
  return {
    id: app.id,
    slug: app.slug,
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    webhookSecret: app.hook.secret,
    privateKey: app.privateKey,
    hookId: app.hook.id,
  };
}
