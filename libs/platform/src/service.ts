import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { CrosstieConfig } from './configuration.js';
import { armFaults } from './fault-points.js';
import { HealthModule } from './http/health.js';
import { createHttpApp } from './http/http-app.js';
import { startMetricsServer } from './http/metrics-server.js';
import type { MetricsServer } from './http/metrics-server.js';
import { createLogger } from './logger.js';
import type { Logger } from './logger.js';
import { version } from './version.js';

export interface ServiceOptions {
  readonly name: string;
  readonly module: DynamicModule | Type;
  readonly config: CrosstieConfig;
  /** Default: one made from the configuration. */
  readonly logger?: Logger;
  /**
   * Whether the process is this service's own: signals end it, an error that nobody caught ends it with status 1,
   * fault points are armed, metrics have their port. Tests that run services inside their process say false.
   */
  readonly ownsProcess?: boolean;
  /** Runs when the app is made and does not listen yet: what it must be joined to, such as the bus. */
  readonly prepare?: (app: NestFastifyApplication) => Promise<void>;
  /** Runs after the app has closed: what the caller opened, such as bus and database. */
  readonly onStopped?: () => Promise<void>;
}

export interface RunningService {
  readonly app: NestFastifyApplication;
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly metricsPort: number | null;
  /** Drains: no new work is taken, held requests are answered, then everything is closed. May be called twice. */
  stop(): Promise<void>;
}

// Within the 30 s that supervisors grant: first politely, then without the connections that are left.
const politeMs = 20_000;
const lastMs = 28_000;

/** Starts a service: HTTP, health, metrics, and an end on SIGTERM or SIGINT with status 0. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { name, config, ownsProcess = true } = options;
  const logger = options.logger ?? (await createLogger(config, name));
  let draining = false;
  const identity = { name, version, draining: () => draining };
  const root = { module: class ServiceRoot {}, imports: [HealthModule.of(identity), options.module] };
  if (ownsProcess) armFaults(config.faults);
  const app = await createHttpApp(root, { config, logger, draining: () => draining });
  await options.prepare?.(app);
  await app.listen({ port: config.port, host: config.bind });
  const metricsServer = ownsProcess ? await startMetricsServer(config.bind, config.metricsPort) : null;
  const close = async () => {
    draining = true;
    await closeAll(app, metricsServer, options.onStopped);
  };
  let closing: Promise<void> | undefined;
  const stop = () => (closing ??= close());
  if (ownsProcess) endWithProcess(stop, logger);
  const url = (await app.getUrl()).replace('[::1]', 'localhost').replace('0.0.0.0', '127.0.0.1');
  logger.info(`${name} is listening`, { url, version });
  return { app, url, metricsPort: metricsServer?.port ?? null, stop };
}

async function closeAll(
  app: NestFastifyApplication,
  metricsServer: MetricsServer | null,
  onStopped: (() => Promise<void>) | undefined,
): Promise<void> {
  const impatience = setTimeout(() => app.getHttpServer().closeAllConnections(), politeMs);
  try {
    await app.close();
    await onStopped?.();
    await metricsServer?.close();
  } finally {
    clearTimeout(impatience);
  }
}

function endWithProcess(stop: () => Promise<void>, logger: Logger): void {
  const end = (signal: string) => {
    logger.info('stopping', { signal });
    const deadline = setTimeout(() => {
      logger.error('could not drain in time', { afterMs: lastMs });
      process.exit(1);
    }, lastMs);
    stop().then(
      () => {
        clearTimeout(deadline);
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error('stopping failed', { err: error });
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  const fatal = (what: string) => (error: unknown) => {
    logger.fatal(what, { err: error });
    process.exit(1);
  };
  process.on('uncaughtException', fatal('an error that nobody caught'));
  process.on('unhandledRejection', fatal('a rejection that nobody handled'));
}
