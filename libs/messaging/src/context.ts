import {
  Database,
  connectWhenThere,
  createDataSource,
  missingGrants,
  privilegesOf,
  serviceGrants,
} from '@crosstie/domain';
import { Clock, CrosstieConfig, Logger, ReadinessCheck, SystemClock, createLogger } from '@crosstie/platform';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Bus, type BusOptions } from './bus/bus.js';
import { InProcessBus } from './in-process/in-process-bus.js';
import { JetStreamBus } from './jetstream/jetstream-bus.js';
import { Outbox } from './outbox.js';
import { Requests } from './requests.js';
import type { ServiceName } from './service-name.js';
import { typesToldBy } from './told-by.js';
import { Wakes } from './wakes.js';

/** What every service module is made with; one for each process. */
export interface ServiceContext {
  /** Those that this process is, or joins. */
  readonly services: readonly ServiceName[];
  readonly config: CrosstieConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  readonly bus: Bus;
  readonly outbox: Outbox;
  readonly requests: Requests;
  readonly wakes: Wakes;
  /** Flushes the outbox, closes bus and database. After the app was closed. May be called twice. */
  stop(): Promise<void>;
}

export interface ContextOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Default: the configuration's. */
  readonly databaseUrl?: string;
  readonly poolSize?: number;
  /** How long to wait for a database that is not there yet; services start in any order. */
  readonly databaseWaitMs?: number;
  /** Told each time that the database was tried in vain. */
  readonly onDatabaseAway?: (error: unknown) => void;
  readonly bus?: Partial<BusOptions>;
}

const jointName = 'crosstie';
const databaseWaitMs = 60_000;
const sweepAgeMs = 2000;

/** @param services one name, or those that this process joins */
export async function createContext(
  config: CrosstieConfig,
  services: ServiceName | readonly ServiceName[],
  options: ContextOptions = {},
): Promise<ServiceContext> {
  const joined = typeof services === 'string' ? [services] : services;
  const name = joined.length === 1 ? String(joined[0]) : jointName;
  const logger = options.logger ?? (await createLogger(config, name));
  const clock = options.clock ?? new SystemClock();
  const url = options.databaseUrl ?? config.databaseUrl?.reveal();
  if (!url) throw new Error('No database: set CROSSTIE_DATABASE_URL');
  const poolSize = options.poolSize ?? (typeof services === 'string' ? 10 : 20);
  const dataSource = createDataSource({ url, applicationName: name, poolSize });
  await connectWhenThere(dataSource, options.databaseWaitMs ?? databaseWaitMs, (error) => {
    logger.warn('waiting for the database', { err: error });
    options.onDatabaseAway?.(error);
  });
  const database = new Database(dataSource);
  const bus = config.natsUrl
    ? new JetStreamBus({ url: config.natsUrl, name, tells: typesToldBy(joined) }, database, logger, options.bus)
    : new InProcessBus(database, logger, options.bus);
  await bus.start();
  // Several processes sweep where there is NATS; inside one process nobody else could be about to tell.
  const age = config.natsUrl ? sweepAgeMs : 0;
  const outbox = new Outbox(database, bus, logger, { sweepIntervalMs: config.sweepIntervalMs, sweepAgeMs: age });
  const stop = once(() => close(outbox, bus, dataSource));
  const [requests, wakes] = [new Requests(bus), new Wakes(bus)];
  return { services: joined, config, clock, logger, database, bus, outbox, requests, wakes, stop };
}

async function close(outbox: Outbox, bus: Bus, dataSource: DataSource): Promise<void> {
  // What one step cannot do, the sweep of the next process does; the others are done all the same.
  const results = [];
  for (const step of [() => outbox.stop(), () => bus.stop(), () => dataSource.destroy()]) {
    results.push(...(await Promise.allSettled([step()])));
  }
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw new Error('The context did not close as it should', { cause: failed.reason });
}

function once(work: () => Promise<void>): () => Promise<void> {
  let begun: Promise<void> | undefined;
  return () => (begun ??= work());
}

/** PostgreSQL answers, and lets this process do what its services do. */
@Injectable()
export class DatabaseReadiness extends ReadinessCheck {
  readonly name = 'database';
  private granted = false;

  constructor(
    private readonly database: Database,
    private readonly services: readonly ServiceName[],
  ) {
    super();
  }

  async check(): Promise<void> {
    if (this.granted) await this.database.pool.query('SELECT 1');
    else await this.checkGrants();
  }

  private async checkGrants(): Promise<void> {
    const needed = this.services.flatMap((service) => privilegesOf(serviceGrants[service]));
    const pairs = needed.flatMap(([table, privileges]) => privileges.map((privilege) => [table, privilege] as const));
    const [tables, privileges] = [pairs.map(([table]) => table), pairs.map(([, privilege]) => privilege)];
    const missing = await this.database.run(missingGrants, tables, privileges);
    if (missing.length > 0) {
      const list = missing.map(({ table, privilege }) => `${privilege} on ${table}`).join(', ');
      throw new Error(`this login lacks ${list}; run crosstie migrate and put it into its service's role`);
    }
    this.granted = true;
  }
}

const modules = new WeakMap<ServiceContext, DynamicModule>();

/** Gives the parts of a context by their classes. Each service module imports it; nothing is global. */
@Module({})
export class ContextModule {
  /** The same module for the same context, so that modules that are joined have one of each. */
  static of(context: ServiceContext): DynamicModule {
    const known = modules.get(context);
    if (known) return known;
    const { services, config, clock, logger, database, bus, outbox, requests, wakes } = context;
    const parts = [
      { provide: CrosstieConfig, useValue: config },
      { provide: Clock, useValue: clock },
      { provide: Logger, useValue: logger },
      { provide: Database, useValue: database },
      { provide: DataSource, useValue: database.dataSource },
      { provide: Bus, useValue: bus },
      { provide: Outbox, useValue: outbox },
      { provide: Requests, useValue: requests },
      { provide: Wakes, useValue: wakes },
    ];
    // The bus is no part of readiness: without it deliveries are still taken and runners still served.
    const checks = [{ provide: DatabaseReadiness, useValue: new DatabaseReadiness(database, services) }];
    const module = { module: ContextModule, providers: [...parts, ...checks], exports: parts.map((p) => p.provide) };
    modules.set(context, module);
    return module;
  }
}
