import {
  type Database,
  GithubApp,
  Pipeline,
  replayDelivery,
  rewindRecoveryMark,
  WebhookDelivery,
} from '@crosstie/domain';
import { githubEventType } from '@crosstie/messaging';
import type { Command } from 'commander';
import { In } from 'typeorm';

import { CommandError, exitStatus } from '../exit-status.js';
import { withDatabase } from '../operate/open-database.js';
import { print } from './output.js';
import { type AdminOptions, describe, moment, positive } from './command-options.js';

/** `delivery list`, `delivery replay`, `delivery recover`. */
export function describeDeliveries(admin: Command): void {
  describe(admin, 'delivery', 'list', 'what GitHub sent, newest first, and what became of it')
    .option('--limit <number>', 'at most so many', positive, 50)
    .action((options: AdminOptions & { limit: number }) =>
      withDatabase(options.data, async (db) => print(await newest(db, options.limit), options.json ?? false)),
    );

  describe(admin, 'delivery', 'replay', 'handle a delivery that made no pipeline once more')
    .argument('<guid>')
    .action((guid: string, options: AdminOptions) =>
      withDatabase(options.data, async (db) => print(await replay(db, guid), options.json ?? false)),
    );

  describe(admin, 'delivery', 'recover', "have GitHub's delivery log read again from a moment on")
    .requiredOption('--since <time>', 'such as 2026-11-24T15:00:00Z, or 2h', moment)
    .action((options: AdminOptions & { since: Date }) =>
      withDatabase(options.data, async (db) => {
        const apps = await db.dataSource.getRepository(GithubApp).find();
        const hosts = (
          await Promise.all(apps.map(({ host }) => db.run(rewindRecoveryMark, host, options.since)))
        ).flat();
        if (hosts.length === 0) {
          throw new CommandError('No delivery log was read yet: the server does so when it has its App', exitStatus.no);
        }
        const rows = hosts.map(({ host }) => ({ host, since: options.since }));
        print(rows, options.json ?? false);
      }),
    );
}

async function newest(db: Database, limit: number) {
  const deliveries = await db.dataSource.getRepository(WebhookDelivery).find({ order: { id: 'DESC' }, take: limit });
  const pipelines = await db.dataSource
    .getRepository(Pipeline)
    .find({ select: { id: true, deliveryId: true }, where: { deliveryId: In(deliveries.map(({ id }) => id)) } });
  return deliveries.map((delivery) => ({
    id: delivery.id,
    guid: delivery.guid,
    event: delivery.event,
    received_at: delivery.receivedAt,
    state: delivery.state,
    reason: delivery.reason,
    detail: delivery.detail,
    recovered: delivery.recovered,
    pipelines: pipelines.filter(({ deliveryId }) => deliveryId === delivery.id).map(({ id }) => id),
  }));
}

async function replay(db: Database, guid: string) {
  const delivery = await db.dataSource.getRepository(WebhookDelivery).findOneBy({ guid });
  if (!delivery) throw new CommandError(`There is no delivery ${guid}: crosstie admin delivery list`, exitStatus.no);
  const event = await db.first(replayDelivery, delivery.id, githubEventType(delivery.event), new Date());
  if (!event) {
    throw new CommandError(
      delivery.state === 'received' || delivery.state === 'waiting'
        ? `${guid} is being handled already`
        : `${guid} has made a pipeline: retry that instead`,
      exitStatus.no,
    );
  }
  return { id: delivery.id, guid, state: 'received' };
}
