import {
  type Database,
  type Queryable,
  appendEvents,
  countDeadLetters,
  dropOldAttempts,
  dropOldEvents,
  outboxLag,
  unpublishedEvents,
} from '@crosstie/domain';
import { type Logger, Loop, faultPoint } from '@crosstie/platform';

import type { Bus } from './bus/bus.js';
import { busMetrics } from './bus/bus-metrics.js';
import { toStoredEvent } from './bus/stored-event.js';
import type { NewEvent, StoredEvent } from './events.js';

export interface OutboxOptions {
  readonly sweepIntervalMs: number;
  /** How old an untold event is when the sweep takes it; whoever acted is given this long to tell it. */
  readonly sweepAgeMs: number;
}

const batch = 500;
const chores = 60;

/**
 * Events go out by the one who acted, right after the commit; the sweep tells what was left behind.
 * States: idle -> started -> stopped.
 */
export class Outbox {
  private readonly sweep: Loop;
  private readonly telling = new Set<Promise<void>>();
  private passes = 0;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly logger: Logger,
    private readonly options: OutboxOptions,
  ) {
    this.sweep = new Loop({
      name: 'outbox sweep',
      intervalMs: options.sweepIntervalMs,
      run: () => this.pass(),
      logger,
    });
  }

  /** Writes events within a transaction; give the rows to `publish` after its commit. */
  async append(tx: Queryable, events: readonly NewEvent[]): Promise<StoredEvent[]> {
    if (events.length === 0) return [];
    const types = events.map((event) => event.type);
    const payloads = events.map((event) => JSON.stringify(event.payload));
    const rows = await tx.run(appendEvents, types, payloads);
    return events.map((event, index) => {
      const row = rows[index];
      if (!row) throw new Error('The outbox did not take every event');
      return { ...event, id: row.id, eventId: row.event_id };
    });
  }

  /** Tells events whose transaction is committed. Returns at once and never throws. */
  publish(events: readonly StoredEvent[]): void {
    if (events.length === 0) return;
    const work = this.tell(events).finally(() => this.telling.delete(work));
    this.telling.add(work);
  }

  /** Begins to sweep. */
  start(): void {
    this.sweep.start();
  }

  /** Waits for what is being told and remembers it. May be called twice. */
  async stop(): Promise<void> {
    await this.sweep.stop();
    await this.flush();
  }

  /** Waits until everything given to `publish` was taken or refused, and remembers what was taken. */
  async flush(): Promise<void> {
    await Promise.all(this.telling);
    while (await this.bus.tend());
  }

  /** One pass of the sweep, for tests and commands. */
  runOnce(): Promise<void> {
    return this.sweep.runOnce();
  }

  private async tell(events: readonly StoredEvent[]): Promise<void> {
    try {
      await faultPoint('outbox.before_publish');
      await this.bus.tell(events);
      await faultPoint('outbox.after_publish');
    } catch (error) {
      busMetrics.publishFailures.inc(events.length);
      this.logger.warn('events wait for the sweep', { events: events.length, err: error });
    }
  }

  private async pass(): Promise<boolean> {
    const more = await this.bus.tend();
    const rows = await this.database.run(unpublishedEvents, this.options.sweepAgeMs, batch, this.bus.tells);
    if (rows.length > 0) {
      busMetrics.redriven.inc(rows.length);
      await this.bus.tell(rows.map(toStoredEvent));
      await this.bus.tend();
    }
    await this.doChores();
    return more || rows.length === batch;
  }

  // Once a minute: what is old goes, and the numbers for the operator.
  private async doChores(): Promise<void> {
    this.passes += 1;
    if (this.passes % chores !== 1) return;
    while ((await this.database.run(dropOldEvents, this.bus.disposableUpTo(), batch)).length === batch);
    await this.database.run(dropOldAttempts);
    const lag = await this.database.first(outboxLag);
    busMetrics.outboxEvents.set(lag?.events ?? 0);
    busMetrics.outboxAge.set(lag?.oldest_s ?? 0);
    busMetrics.deadLetters.reset();
    for (const row of await this.database.run(countDeadLetters)) {
      busMetrics.deadLetters.set({ service: row.service }, row.letters);
    }
  }
}
