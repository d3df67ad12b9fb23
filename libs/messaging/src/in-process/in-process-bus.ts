import { type Database, markHandedOut } from '@crosstie/domain';
import type { Logger } from '@crosstie/platform';

import { type Attachment, Bus, type BusOptions, defaultBusOptions } from '../bus/bus.js';
import { busMetrics } from '../bus/bus-metrics.js';
import { EventRunner } from '../bus/event-runner.js';
import { WakeListeners } from '../bus/wake-listeners.js';
import type { StoredEvent } from '../events.js';
import { RequestFailed, RequestTimedOut } from '../requests.js';
import type { ServiceName } from '../service-name.js';
import { ServiceQueue } from './service-queue.js';

const marksMax = 2000;
const askAgainMs = 25;

/**
 * The bus of one process that holds all services. Events are handed over in memory right after the commit; what a
 * service has not handled when the process ends is found again from the outbox and `bus_position`, which is
 * written by `tend()`, not by the deliveries themselves.
 */
export class InProcessBus extends Bus {
  private readonly queues = new Map<ServiceName, ServiceQueue>();
  private readonly listeners: WakeListeners;
  /** Handed out, and not marked so in the outbox yet. */
  private readonly unmarked = new Set<number>();
  private readonly written = new Map<ServiceName, number>();
  private readonly runner: EventRunner;
  private tending: Promise<boolean> = Promise.resolve(false);

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
    options: Partial<BusOptions> = {},
  ) {
    super();
    this.listeners = new WakeListeners(logger);
    this.runner = new EventRunner(database, logger, { ...defaultBusOptions, ...options });
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    await Promise.all([...this.queues.keys()].map((service) => this.detach(service)));
    this.listeners.clear();
  }

  async attach(attachment: Attachment): Promise<void> {
    const queue = new ServiceQueue(attachment, this.runner, this.database, this.logger);
    this.queues.set(attachment.service, queue);
    await queue.start();
  }

  async detach(service: ServiceName): Promise<void> {
    const queue = this.queues.get(service);
    if (!queue) return;
    await queue.stop();
    await this.tend().catch((error: unknown) => {
      this.logger.warn('the position on the bus could not be written', { service, err: error });
    });
    this.queues.delete(service);
  }

  async tell(events: readonly StoredEvent[]): Promise<void> {
    // Without a service nobody could be given them: they stay untold in the outbox.
    if (this.queues.size === 0) return;
    for (const event of events) {
      if (this.unmarked.has(event.id)) continue;
      this.unmarked.add(event.id);
      busMetrics.messages.inc({ kind: 'event' });
      for (const queue of this.queues.values()) queue.take(event);
    }
  }

  // One at a time: an older position that is written later could pass an event that came in between.
  tend(): Promise<boolean> {
    const pass = this.tending.then(() => this.remember());
    this.tending = pass.catch(() => false);
    return pass;
  }

  disposableUpTo(): number {
    return Math.min(...[...this.queues.values()].map((queue) => queue.position()), Number.MAX_SAFE_INTEGER);
  }

  async ask(subject: string, payload: unknown, timeoutMs: number): Promise<unknown> {
    busMetrics.messages.inc({ kind: 'request' });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new RequestTimedOut(subject, timeoutMs)), timeoutMs);
    });
    try {
      return await Promise.race([this.answer(subject, payload, timeoutMs), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  wake(laneIds: readonly number[]): void {
    busMetrics.messages.inc({ kind: 'wake' });
    this.listeners.hear(laneIds);
  }

  onWake(listener: (laneIds: readonly number[]) => void): () => void {
    return this.listeners.add(listener);
  }

  private async remember(): Promise<boolean> {
    for (const [service, queue] of this.queues) busMetrics.pending.set({ service }, queue.pending);
    const ids = [...this.unmarked].slice(0, marksMax);
    const started = [...this.queues].filter(([, queue]) => queue.started);
    const positions = new Map(started.map(([service, queue]) => [service, queue.position()]));
    const moved = [...positions].some(([service, position]) => this.written.get(service) !== position);
    if (ids.length === 0 && !moved) return false;
    await this.database.run(markHandedOut, ids, [...positions.keys()], [...positions.values()]);
    for (const id of ids) this.unmarked.delete(id);
    for (const [service, position] of positions) this.written.set(service, position);
    return ids.length === marksMax;
  }

  // Services may start in any order, so one that is not there yet is waited for.
  private async answer(subject: string, payload: unknown, timeoutMs: number): Promise<unknown> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const handler = this.responder(subject);
      if (handler) {
        try {
          return asJson(await handler(asJson(payload)));
        } catch (error) {
          throw new RequestFailed(subject, error instanceof Error ? error.message : 'failed');
        }
      }
      if (performance.now() >= end) throw new RequestTimedOut(subject, timeoutMs);
      await new Promise((resolve) => setTimeout(resolve, askAgainMs));
    }
  }

  private responder(subject: string): ((payload: unknown) => Promise<unknown>) | undefined {
    for (const { attachment } of this.queues.values()) {
      const handler = attachment.requests.get(subject);
      if (handler) return handler;
    }
    return undefined;
  }
}

// As it would arrive over a network, so that both buses give the same.
function asJson(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
