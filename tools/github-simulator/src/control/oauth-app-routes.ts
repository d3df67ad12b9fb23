import type { FastifyInstance } from 'fastify';
import { randomHex, randomText } from '../state/secrets.js';
import type { OauthApp } from '../state/model.js';
import type { World } from '../world.js';
import { accountOf } from './lookup.js';
import type { CreatedOauthApp, NewOauthApp } from './wire.js';

/** Classic OAuth apps, as a person registers them under their developer settings. */
export function oauthAppRoutes(server: FastifyInstance, world: World): void {
  server.post<{ Body: NewOauthApp }>('/oauth-apps', (request): CreatedOauthApp => {
    const { owner, name, url, callbackUrl } = request.body;
    if (!URL.canParse(callbackUrl)) throw new Error('callbackUrl is no address');
    const app: OauthApp = {
      id: world.store.id(),
      name,
      ownerId: accountOf(world, owner).id,
      url: url ?? new URL(callbackUrl).origin,
      clientId: `Ov23li${randomText(14)}`,
      clientSecret: randomHex(20),
      callbackUrl,
    };
    world.store.oauthApps.set(app.id, app);
    return { id: app.id, clientId: app.clientId, clientSecret: app.clientSecret };
  });
}
