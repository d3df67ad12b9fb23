import { Database } from '@crosstie/domain';
import {
  Clock,
  CrosstieConfig,
  Logger,
  type RunningService,
  Secret,
  loadConfig,
  startService,
} from '@crosstie/platform';
import { type FreshDatabase, freshDatabase, until } from '@crosstie/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { attachBus } from './attach-bus.js';
import { Bus } from './bus/bus.js';
import { ContextModule, type ServiceContext, createContext } from './context.js';
import { EventHandler } from './event-handler.js';
import type { Incoming } from './events.js';
import { Outbox } from './outbox.js';
import { Requests } from './requests.js';
import { Wakes } from './wakes.js';

@Controller()
class People {
  readonly heard: number[] = [];

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
  ) {}

  @Get('change')
  async change(): Promise<{ told: number }> {
    const events = await this.database.transaction((tx) =>
      this.outbox.append(tx, [{ type: 'person.changed', payload: { userId: 7 } }]),
    );
    this.outbox.publish(events);
    return { told: events.length };
  }

  @EventHandler('identity-linker', 'person.changed')
  async hear(event: Incoming<'person.changed'>): Promise<void> {
    this.heard.push(event.payload.userId);
  }
}

describe('the context of a process', () => {
  let store: FreshDatabase;
  let context: ServiceContext;
  let service: RunningService;

  beforeAll(async () => {
    store = await freshDatabase();
    const config = loadConfig({ CROSSTIE_PORT: '0' }, { databaseUrl: new Secret(store.url) });
    context = await createContext(config, 'identity-linker', { logger: Logger.silent() });
    @Module({ imports: [ContextModule.of(context)], controllers: [People] })
    class PeopleModule {}
    service = await startService({
      name: 'identity-linker',
      module: PeopleModule,
      config,
      logger: context.logger,
      ownsProcess: false,
      prepare: (app) => attachBus(app, context, ['identity-linker']),
      onStopped: () => context.stop(),
    });
  });
  afterAll(async () => {
    await service.stop();
    await context.stop();
    await store.drop();
  });

  it('gives its parts by their classes, the same in every module', () => {
    const parts = [CrosstieConfig, Clock, Logger, Database, DataSource, Bus, Outbox, Requests, Wakes];
    for (const part of parts) expect(service.app.get(part, { strict: false })).toBeInstanceOf(part);
    expect(ContextModule.of(context)).toBe(ContextModule.of(context));
  });

  it('carries an event from a request to a handler', async () => {
    expect(await (await fetch(`${service.url}/change`)).json()).toEqual({ told: 1 });
    const people = service.app.get(People);
    await until(() => people.heard.length > 0, 'the event');
    expect(people.heard).toEqual([7]);
  });

  it('is ready when its database answers', async () => {
    const answer = await fetch(`${service.url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([200, { ready: true, checks: { database: 'ok' } }]);
  });
});
