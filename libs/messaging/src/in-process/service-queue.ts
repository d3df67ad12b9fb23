import { type Database, busPosition, eventsFrom, postponedEvents } from '@crosstie/domain';
import type { Logger } from '@crosstie/platform';

import type { Attachment } from '../bus/bus.js';
import { type EventRunner, isFor } from '../bus/event-runner.js';
import { toStoredEvent } from '../bus/stored-event.js';
import { within } from '../bus/within.js';
import type { StoredEvent } from '../events.js';

interface Waiting {
  event: StoredEvent;
  again: boolean;
}

const waitingMax = 5000;
const pageSize = 500;

/**
 * What one service still has to do on the bus inside the process.
 *
 * An event is *waiting*, then *running*, then over, or *put off* and waiting again. `unfinished` holds the first
 * two, and those put off that no row knows about. Everything at or below `position()` is over or recorded, which
 * is what lets a restart begin there. Events that found no room are not kept: `refillFrom` remembers the lowest of
 * them, holds the position back, and they are read again from the outbox when there is room.
 */
export class ServiceQueue {
  private readonly waiting: Waiting[] = [];
  private readonly unfinished = new Set<number>();
  private readonly putOff = new Map<number, NodeJS.Timeout>();
  /** Old events that this process has begun with: they come both from the outbox and, if untold, from the sweep. */
  private readonly given = new Set<number>();
  /** Told while the start is still looking where the service was. */
  private early: StoredEvent[] | null = [];
  private running = 0;
  private highest = 0;
  /** Events up to here may have been given to the service by an earlier process. */
  private oldUpTo = 0;
  private refillFrom: number | null = null;
  private refillTo = 0;
  private refilling = false;
  private stopped = false;
  private pumping = false;
  private idle: (() => void)[] = [];

  constructor(
    readonly attachment: Attachment,
    private readonly runner: EventRunner,
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  /** Takes up what an earlier process left. */
  async start(): Promise<void> {
    const { service } = this.attachment;
    const at = await this.database.first(busPosition, service);
    this.highest = Math.max(this.highest, at?.outbox_id ?? 0);
    this.oldUpTo = at?.newest_id ?? 0;
    for (const row of await this.database.run(postponedEvents, service)) {
      this.given.add(row.id);
      this.putAside(toStoredEvent(row), Math.max(0, row.wait_ms));
    }
    if (this.oldUpTo > this.highest) this.readAgain(this.highest + 1, this.oldUpTo);
    const early = this.early ?? [];
    this.early = null;
    for (const event of early) this.take(event);
    this.pumpSoon();
  }

  /** Gives an event to the service, unless it has it already. */
  take(event: StoredEvent): void {
    if (this.early) {
      this.early.push(event);
      return;
    }
    if (this.given.has(event.id) || this.unfinished.has(event.id) || this.putOff.has(event.id)) return;
    this.highest = Math.max(this.highest, event.id);
    if (!this.attachment.events.has(event.type) || !isFor(this.attachment.service, event)) return;
    if (this.stopped || this.waiting.length >= waitingMax) {
      this.readAgain(event.id, event.id);
      return;
    }
    const again = event.id <= this.oldUpTo;
    if (again) this.given.add(event.id);
    this.enqueue({ event, again });
  }

  /** The outbox id up to which nothing needs to be given again. */
  position(): number {
    let lowest = this.refillFrom ?? Infinity;
    for (const id of this.unfinished) lowest = Math.min(lowest, id);
    return lowest === Infinity ? this.highest : Math.min(this.highest, lowest - 1);
  }

  /** False while the start still looks where the service was: then `position()` means nothing. */
  get started(): boolean {
    return this.early === null;
  }

  /** Events that wait or run; what lies in the outbox for want of room is not counted. */
  get pending(): number {
    return this.waiting.length + this.running;
  }

  /** Starts no handler any more and waits for those that run. What waits is given again after the next start. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.putOff.values()) clearTimeout(timer);
    this.putOff.clear();
    if (this.running === 0) return;
    const drained = new Promise<void>((resolve) => this.idle.push(resolve));
    if (await within(this.runner.options.drainMs, drained)) return;
    this.logger.warn('handlers did not end in time; their events are given again', {
      service: this.attachment.service,
    });
  }

  private readAgain(from: number, to: number): void {
    this.refillFrom = Math.min(this.refillFrom ?? from, from);
    this.refillTo = Math.max(this.refillTo, to);
  }

  private enqueue(item: Waiting): void {
    this.unfinished.add(item.event.id);
    this.waiting.push(item);
    this.pumpSoon();
  }

  // Not within the call of whoever told the event: its answer goes out first.
  private pumpSoon(): void {
    if (this.pumping) return;
    this.pumping = true;
    setImmediate(() => {
      this.pumping = false;
      this.pump();
    });
  }

  private pump(): void {
    while (!this.stopped && this.running < this.runner.options.concurrency) {
      const next = this.waiting.shift();
      if (!next) break;
      void this.run(next);
    }
    if (this.refillFrom !== null && this.waiting.length < pageSize) void this.refill();
  }

  private async run({ event, again }: Waiting): Promise<void> {
    this.running += 1;
    const outcome = await this.runner.run(this.attachment, event, again);
    if (outcome.done || outcome.recorded) this.unfinished.delete(event.id);
    if (!outcome.done && !this.stopped) this.putAside(event, outcome.againInMs);
    this.running -= 1;
    if (this.running === 0) for (const resolve of this.idle.splice(0)) resolve();
    this.pump();
  }

  private putAside(event: StoredEvent, delayMs: number): void {
    const timer = setTimeout(() => {
      this.putOff.delete(event.id);
      this.enqueue({ event, again: true });
    }, delayMs);
    this.putOff.set(event.id, timer);
  }

  private async refill(): Promise<void> {
    const [from, to] = [this.refillFrom, this.refillTo];
    if (this.refilling || this.stopped || from === null) return;
    this.refilling = true;
    try {
      const rows = await this.database.run(eventsFrom, from, pageSize, null);
      if (this.refillFrom === from) this.refillFrom = this.nextPage(rows, to);
      for (const row of rows) {
        if (row.id > to) break;
        this.take(toStoredEvent(row));
      }
    } catch (error) {
      this.logger.warn('events could not be read again', { service: this.attachment.service, err: error });
      setTimeout(() => this.pump(), 1000).unref();
    } finally {
      this.refilling = false;
    }
    this.pumpSoon();
  }

  /** @param to the end as it was before the page was read: what came later may not be in it */
  private nextPage(rows: readonly { id: number }[], to: number): number | null {
    const last = rows.at(-1);
    if (last && rows.length === pageSize && last.id < to) return last.id + 1;
    return this.refillTo > to ? to + 1 : null;
  }
}
