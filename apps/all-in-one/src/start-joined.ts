import { attachBus, createContext, type ContextOptions, type ServiceContext } from '@crosstie/messaging';
import { type CrosstieConfig, type RunningService, startService } from '@crosstie/platform';

import { joinedServices, joinServices } from './joined-services.js';

export interface JoinedOptions extends ContextOptions {
  /** False for a test that runs the services inside its own process. */
  ownsProcess?: boolean;
  /** Runs after everything else was closed. */
  onStopped?: () => Promise<void>;
}

/** Starts the five services in this process, on a database that is migrated already. */
export async function startJoined(
  config: CrosstieConfig,
  options: JoinedOptions = {},
): Promise<RunningService & { context: ServiceContext }> {
  const context = await createContext(config, joinedServices, options);
  const running = await startService({
    name: 'crosstie',
    module: joinServices(context),
    config,
    logger: context.logger,
    ownsProcess: options.ownsProcess ?? true,
    prepare: (app) => attachBus(app, context, joinedServices),
    onStopped: async () => {
      await context.stop();
      await options.onStopped?.();
    },
  });
  return { ...running, context };
}
