import { Access } from '@crosstie/access';
import { Database, streamBounds, streamEvents, traceSizes } from '@crosstie/domain';
import { Clock, Logger, Loop } from '@crosstie/platform';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';

import { LogWatchers } from '../logs/log-watchers.js';
import { type AddressedEvent, type StreamEvent, toStreamEvent } from './stream-event.js';

/** One open event stream. */
export interface Listener {
  readonly userId: number;
  readonly isAdmin: boolean;
  /** Jobs whose log this listener watches, with the size it was last told. May read them, as checked before. */
  readonly traces: Map<number, number>;
  /** @param id the outbox position to resume from; null for what has none */
  send(event: StreamEvent, id: number | null): void;
  /** The server goes down, or the listener is too slow. */
  end(): void;
}

const intervalMs = 250;
const eventsAtOnce = 2000;
/** Commits overtake each other by less than this. */
const overlapMs = 5000;
/** A resuming listener hears so many ids once more: hearing twice is harmless, missing one is not. */
const overlapIds = 500;
const seesProject = 10;

/**
 * Reads the outbox for everybody who has a stream open: one statement for all, none while nobody listens.
 * The outbox and not the bus, because each process must hear everything and a resumed stream the past.
 *
 * States: idle (no listener, no position) → reading → idle; stopped for good at shutdown.
 */
@Injectable()
export class EventTail implements BeforeApplicationShutdown {
  private readonly listeners = new Set<Listener>();
  private readonly loop: Loop;
  /** Everything up to here was told. */
  private position: number | null = null;
  /** Told already, above the position, with the time when. */
  private readonly told = new Map<number, number>();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Access) private readonly access: Access,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(LogWatchers) private readonly watchers: LogWatchers,
    @Inject(Logger) private readonly logger: Logger,
  ) {
    this.loop = new Loop({ name: 'event stream', intervalMs, run: () => this.pass(), logger });
  }

  /** How many streams a person has open. */
  countOf(userId: number): number {
    return [...this.listeners].filter((listener) => listener.userId === userId).length;
  }

  /**
   * Adds a listener; what it missed since `lastEventId` is sent first, or a `reset` when that is too long
   * ago to be known. Returns the position at which it begins.
   */
  async add(listener: Listener, lastEventId: number | null): Promise<number> {
    const { oldest, newest } = (await this.database.first(streamBounds)) ?? { oldest: 0, newest: 0 };
    this.listeners.add(listener);
    if (this.position === null) this.position = newest;
    this.loop.start();
    if (lastEventId === null) return newest;
    if (lastEventId + 1 < oldest || lastEventId > newest) listener.send({ type: 'reset' }, newest);
    else await this.resume(listener, lastEventId, newest);
    return newest;
  }

  remove(listener: Listener): void {
    this.listeners.delete(listener);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    for (const listener of this.listeners) listener.end();
    this.listeners.clear();
  }

  private async resume(listener: Listener, lastEventId: number, newest: number): Promise<void> {
    const from = Math.max(0, lastEventId - overlapIds);
    const rows = await this.database.run(streamEvents, from, [], eventsAtOnce);
    if (rows.length === eventsAtOnce) return listener.send({ type: 'reset' }, newest);
    for (const row of rows) {
      const addressed = toStreamEvent(row);
      if (addressed) await this.deliver(addressed, [listener]);
    }
  }

  private async pass(): Promise<void> {
    if (this.listeners.size === 0 || this.position === null) {
      this.position = null;
      this.told.clear();
      return;
    }
    const rows = await this.database.run(streamEvents, this.position, [...this.told.keys()], eventsAtOnce);
    const now = this.clock.ms();
    for (const row of rows) {
      this.told.set(row.id, now);
      const addressed = toStreamEvent(row);
      if (addressed) await this.deliver(addressed, [...this.listeners]);
    }
    this.moveOn(now);
    await this.tellTraces();
  }

  /** What was told long enough ago is behind the position. */
  private moveOn(now: number): void {
    for (const [id, at] of this.told) {
      if (now - at < overlapMs) continue;
      this.position = Math.max(this.position ?? 0, id);
      this.told.delete(id);
    }
  }

  private async deliver({ id, projectId, event }: AddressedEvent, listeners: readonly Listener[]): Promise<void> {
    for (const listener of listeners) {
      if (await this.mayHear(listener, projectId)) listener.send(event, id);
    }
  }

  private async mayHear({ userId, isAdmin }: Listener, projectId: number | null): Promise<boolean> {
    if (isAdmin || projectId === null) return isAdmin;
    try {
      return await this.access.allows(userId, seesProject, projectId);
    } catch (error) {
      this.logger.debug('an event was not told: a right could not be checked', { err: error, projectId });
      return false;
    }
  }

  private async tellTraces(): Promise<void> {
    const watched = new Set([...this.listeners].flatMap(({ traces }) => [...traces.keys()]));
    if (watched.size === 0) return;
    this.watchers.note([...watched]);
    for (const { jobId, size } of await this.database.run(traceSizes, [...watched])) {
      for (const listener of this.listeners) {
        if ((listener.traces.get(jobId) ?? size) === size) continue;
        listener.traces.set(jobId, size);
        listener.send({ type: 'trace.grown', job_id: jobId, size }, null);
      }
    }
  }
}
