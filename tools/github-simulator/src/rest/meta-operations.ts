import { notFound } from '../http/github-error.js';
import { nodeId, simpleUser } from '../represent/account.js';
import { type Answer, anybody, type Call, type Operation } from './operation.js';
import { budgetOf } from './principal.js';

function rateLimit(call: Call): Answer {
  const { limits } = call.world;
  const { resource: _core, ...core } = limits.look(budgetOf(call.principal));
  const { resource: _manifest, ...manifest } = limits.look('integration_manifest');
  const search = { limit: 30, used: 0, remaining: 30, reset: core.reset };
  return { status: 200, body: { resources: { core, search, integration_manifest: manifest }, rate: core } };
}

function meta(): Answer {
  return { status: 200, body: { verifiable_password_authentication: false, hooks: ['127.0.0.0/8', '::1/128'] } };
}

/** The second half of the manifest flow: once, within an hour, by whoever has the code. */
function convertManifest(call: Call): Answer {
  const { store, clock, addresses } = call.world;
  const code = store.manifestCodes.get(call.params['code'] ?? '');
  if (!code || code.used || code.expiresAt <= clock.now()) throw notFound();
  const app = store.apps.get(code.appId);
  if (!app) throw notFound();
  code.used = true;
  return {
    status: 201,
    body: {
      id: app.id,
      slug: app.slug,
      node_id: nodeId('A', app.id),
      owner: simpleUser(store.account(app.ownerId), addresses),
      name: app.name,
      description: app.description,
      external_url: app.externalUrl,
      html_url: `${addresses.web}/apps/${app.slug}`,
      created_at: clock.iso(app.createdAt),
      updated_at: clock.iso(app.createdAt),
      permissions: app.permissions,
      events: app.events,
      client_id: app.clientId,
      client_secret: app.clientSecret,
      webhook_secret: app.hook.secret,
      pem: app.privateKey,
    },
  };
}

export const metaOperations: Operation[] = [
  { method: 'GET', path: '/rate_limit', askers: [...anybody, 'app', 'client'], handle: rateLimit },
  { method: 'GET', path: '/meta', askers: [...anybody, 'app'], handle: meta },
  {
    method: 'POST',
    path: '/app-manifests/{code}/conversions',
    askers: [...anybody, 'app'],
    handle: convertManifest,
  },
];
