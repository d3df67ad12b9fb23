import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Account, App, Level, Permissions } from '../state/model.js';
import { randomHex, randomText } from '../state/secrets.js';
import { announcePing } from '../webhooks/announce.js';
import type { World } from '../world.js';

const generate = promisify(generateKeyPair);

/** What an App is registered with: the manifest's words, a little wider. */
export interface AppRegistration {
  name: string;
  url?: string;
  description?: string;
  public?: boolean;
  hookUrl?: string;
  hookActive?: boolean;
  webhookSecret?: string;
  callbackUrls?: string[];
  setupUrl?: string;
  setupOnUpdate?: boolean;
  requestOauthOnInstall?: boolean;
  permissions?: Permissions;
  events?: string[];
  expireUserTokens?: boolean;
}

export async function registerApp(world: World, owner: Account, wanted: AppRegistration): Promise<App> {
  const slug = wanted.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  if (world.store.appBySlug(slug)) throw new Error(`Name ${wanted.name} has already been taken`);
  const keys = await generate('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const id = world.store.id();
  const app: App = {
    id,
    slug,
    name: wanted.name,
    ownerId: owner.id,
    botId: world.store.addAccount('Bot', `${slug}[bot]`).id,
    description: wanted.description ?? '',
    externalUrl: wanted.url ?? 'https://example.test',
    clientId: `Iv23li${randomText(14)}`,
    clientSecret: randomHex(20),
    privateKey: keys.privateKey,
    publicKey: keys.publicKey,
    hook: {
      id: world.store.id(),
      url: wanted.hookUrl ?? '',
      active: wanted.hookActive ?? wanted.hookUrl !== undefined,
      secret: wanted.webhookSecret ?? randomHex(20),
      contentType: 'json',
      insecureSsl: '0',
    },
    callbackUrls: wanted.callbackUrls ?? [],
    setupUrl: wanted.setupUrl ?? null,
    setupOnUpdate: wanted.setupOnUpdate ?? false,
    requestOauthOnInstall: wanted.requestOauthOnInstall ?? false,
    public: wanted.public ?? false,
    permissions: withMetadata(wanted.permissions ?? {}),
    events: wanted.events ?? [],
    expireUserTokens: wanted.expireUserTokens ?? true,
    createdAt: world.clock.now(),
  };
  world.store.apps.set(app.id, app);
  return app;
}

/** GitHub gives every App `metadata: read` as soon as it has any repository permission. */
export function withMetadata(permissions: Permissions): Permissions {
  return Object.keys(permissions).length === 0 ? {} : { ...permissions, metadata: permissions['metadata'] ?? 'read' };
}

/** Reads a manifest as a browser posts it; throws a sentence for the page. */
export function readManifest(text: string): AppRegistration & { redirectUrl: string | undefined } {
  const manifest: unknown = JSON.parse(text);
  if (typeof manifest !== 'object' || manifest === null) throw new Error('The manifest is not an object.');
  const of = manifest as Record<string, unknown>;
  const hook = (of['hook_attributes'] ?? {}) as Record<string, unknown>;
  if (typeof of['url'] !== 'string') throw new Error('The manifest needs a "url".');
  if (of['hook_attributes'] !== undefined && typeof hook['url'] !== 'string') {
    throw new Error('"hook_attributes" needs a "url".');
  }
  const callbackUrls = (of['callback_urls'] ?? []) as string[];
  if (callbackUrls.length > 10) throw new Error('There can be 10 callback URLs at most.');
  return {
    name: typeof of['name'] === 'string' ? of['name'] : 'unnamed app',
    url: of['url'],
    description: typeof of['description'] === 'string' ? of['description'] : '',
    public: of['public'] === true,
    hookUrl: typeof hook['url'] === 'string' ? hook['url'] : undefined,
    hookActive: typeof hook['url'] === 'string' && hook['active'] !== false,
    callbackUrls,
    setupUrl: typeof of['setup_url'] === 'string' ? of['setup_url'] : undefined,
    setupOnUpdate: of['setup_on_update'] === true,
    requestOauthOnInstall: of['request_oauth_on_install'] === true,
    permissions: (of['default_permissions'] ?? {}) as Record<string, Level>,
    events: (of['default_events'] ?? []) as string[],
    redirectUrl: typeof of['redirect_url'] === 'string' ? of['redirect_url'] : undefined,
  };
}

/** A hook is pinged when it is made. */
export function pingHook(world: World, app: App): void {
  if (app.hook.active) announcePing(world, app);
}
