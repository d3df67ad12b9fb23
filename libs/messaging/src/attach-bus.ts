import type { INestApplication } from '@nestjs/common';

import type { ServiceContext } from './context.js';
import type { ServiceName } from './service-name.js';
import { ServiceTransport } from './service-transport.js';

/**
 * Gives each service of an app its events and requests, and starts the sweep of the outbox. Call it after the app
 * was created and before it listens. Closing the app waits for running handlers; `context.stop()` comes after that.
 */
export async function attachBus(
  app: INestApplication,
  context: ServiceContext,
  services: readonly ServiceName[],
): Promise<void> {
  for (const service of services) {
    app.connectMicroservice({ strategy: new ServiceTransport(service, context.bus) });
  }
  await app.init();
  await app.startAllMicroservices();
  context.outbox.start();
}
