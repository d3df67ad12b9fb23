import { Injectable } from '@nestjs/common';
import {
  Database,
  moveRecoveryMark,
  readRecoveryMark,
  recoverDelivery,
  storedBody,
  unknownGuids,
} from '@crosstie/domain';
import type { AppClient, LoggedDelivery } from '@crosstie/github';
import { githubEventType, Outbox, type StoredEvent } from '@crosstie/messaging';
import { Clock, faultPoint, Logger, metrics } from '@crosstie/platform';

import { GithubDoor } from '../intake/github-door.js';

const dayMs = 24 * 3600 * 1000;
/** Deliveries come into GitHub's log out of order and some time after they were sent. */
const overlapMs = 10 * 60_000;
/** A delivery that GitHub does not call failed may still be on its way to the gateway. */
const underWayMs = 5_000;
/** A pass ends here at the latest; the mark stays, and the next one begins anew. */
const pagesMax = 500;

const recovered = metrics.counter('deliveries_recovered_total', "Deliveries found in GitHub's log that never arrived");

/**
 * Finds what GitHub sent and never arrived, or was not accepted: reads the App's delivery log, newest
 * first, back to where it was read without a gap before, and compares numbers. GitHub's own filter by
 * status misses time-outs, so all are looked at. What is found goes the way of every delivery, marked
 * as recovered, in the order in which it was sent: where nothing ever arrives, the log is the only way,
 * and pipelines are numbered as people pushed. The mark moves after a whole pass, so a pass that dies
 * is done again without harm.
 */
@Injectable()
export class DeliveryRecovery {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly github: GithubDoor,
  ) {}

  /** One pass; answers how many deliveries were taken in. Throws TokenRefused and GithubError. */
  async runOnce(): Promise<number> {
    const { host } = this.github;
    const began = this.clock.now();
    const app = await this.github.app();
    const { missing, isWhole } = await this.readLog(app, host, began);
    let taken = 0;
    for (const delivery of missing.reverse()) if (await this.take(app, host, delivery)) taken += 1;
    await faultPoint('recovery.before_mark');
    if (isWhole) await this.database.run(moveRecoveryMark, host, began, this.clock.now());
    if (taken > 0) this.logger.info('deliveries were recovered', { taken });
    return taken;
  }

  /** What the log has and the database has not, newest first, and whether it was read to where it has to be. */
  private async readLog(
    app: AppClient,
    host: string,
    now: Date,
  ): Promise<{ missing: LoggedDelivery[]; isWhole: boolean }> {
    const horizon = await this.horizon(host, now);
    const missing: LoggedDelivery[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < pagesMax; page += 1) {
      const { deliveries, nextCursor } = await app.deliveries(cursor);
      missing.push(...(await this.missingOf(host, deliveries)));
      await faultPoint('recovery.after_page');
      if (nextCursor === null || deliveries.every((one) => isBefore(one, horizon))) return { missing, isWhole: true };
      cursor = nextCursor;
    }
    return { missing, isWhole: false };
  }

  private async horizon(host: string, now: Date): Promise<Date> {
    const mark = await this.database.first(readRecoveryMark, host);
    const kept = now.getTime() - (host === 'github.com' ? 3 : 7) * dayMs;
    return new Date(Math.max(kept, (mark?.completeTo.getTime() ?? 0) - overlapMs));
  }

  private async missingOf(host: string, listed: readonly LoggedDelivery[]): Promise<LoggedDelivery[]> {
    // One number may be listed several times, once for each time it was sent.
    const now = this.clock.ms();
    const over = listed.filter((delivery) => isOver(delivery, now));
    const byGuid = new Map(over.map((delivery) => [delivery.guid, delivery]));
    const unknown = await this.database.run(unknownGuids, host, [...byGuid.keys()]);
    const guids = new Set(unknown.map(({ guid }) => guid));
    return over.filter((delivery) => guids.has(delivery.guid) && byGuid.get(delivery.guid) === delivery);
  }

  private async take(app: AppClient, host: string, { id, guid, event }: LoggedDelivery): Promise<boolean> {
    const contents = await app.delivery(id);
    if (!contents) return false;
    const { packed, bytes, sha256 } = await storedBody(Buffer.from(contents.payload, 'utf8'));
    const type = githubEventType(event);
    const told = await this.database.run(recoverDelivery, host, guid, event, packed, bytes, sha256, type);
    this.outbox.publish(told as StoredEvent[]);
    recovered.inc(told.length);
    return told.length > 0;
  }
}

function isBefore({ deliveredAt }: LoggedDelivery, horizon: Date): boolean {
  return deliveredAt !== null && deliveredAt < horizon;
}

function isOver({ deliveredAt, statusCode }: LoggedDelivery, now: number): boolean {
  if (statusCode !== null && (statusCode === 0 || statusCode >= 400)) return true;
  return deliveredAt === null || now - deliveredAt.getTime() > underWayMs;
}
