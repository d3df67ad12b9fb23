import { type Database, eventsFrom, markPublished } from '@crosstie/domain';
import type { Logger } from '@crosstie/platform';
import { type Msg, RequestError, TimeoutError } from '@nats-io/transport-node';

import { type Attachment, Bus, type BusOptions, defaultBusOptions } from '../bus/bus.js';
import { busMetrics } from '../bus/bus-metrics.js';
import { EventRunner } from '../bus/event-runner.js';
import { toStoredEvent } from '../bus/stored-event.js';
import { WakeListeners } from '../bus/wake-listeners.js';
import { within } from '../bus/within.js';
import type { EventType, StoredEvent } from '../events.js';
import { RequestFailed, RequestTimedOut } from '../requests.js';
import type { ServiceName } from '../service-name.js';
import { NatsLink } from './nats-link.js';
import { type Answer, RequestResponder } from './request-responder.js';
import { ServiceConsumer } from './service-consumer.js';
import { StreamKeeper, type StreamSettings } from './stream-keeper.js';

export interface JetStreamOptions extends Partial<StreamSettings> {
  readonly url: string;
  /** The connection's name on the server: the service's. */
  readonly name: string;
  /** The types that this process may tell; NATS refuses it the others. Null, and unless told: all. */
  readonly tells?: readonly EventType[] | null;
}

interface Attached {
  consumer: ServiceConsumer;
  responder: RequestResponder;
}

const defaults: StreamSettings = { prefix: 'crosstie', messagesMax: 5_000_000, ackWaitMs: 30_000 };
const startWaitMs = 2000;
const publishTimeoutMs = 2000;
const marksMax = 2000;
const page = 500;
const checkEachMs = 5000;
const askAgainMs = 50;

/**
 * The bus between processes: a stream with one durable for each service; requests and wakes on plain NATS. The
 * event's uuid is the message id, so telling it twice within two minutes is telling it once.
 */
export class JetStreamBus extends Bus {
  override readonly tells: readonly EventType[] | null;
  private readonly settings: StreamSettings;
  private readonly link: NatsLink;
  private readonly keeper: StreamKeeper;
  private readonly runner: EventRunner;
  private readonly attached = new Map<ServiceName, Attached>();
  private readonly listeners: WakeListeners;
  /** Taken by the stream, and not marked so in the outbox yet. */
  private readonly unmarked = new Set<number>();
  private tellAgainFrom: number | null = null;
  private nextCheckAt = 0;

  constructor(
    options: JetStreamOptions,
    private readonly database: Database,
    private readonly logger: Logger,
    busOptions: Partial<BusOptions> = {},
  ) {
    super();
    this.settings = { ...defaults, ...options };
    this.tells = options.tells ?? null;
    this.link = new NatsLink(options.url, options.name, logger);
    this.listeners = new WakeListeners(logger);
    this.runner = new EventRunner(database, logger, { ...defaultBusOptions, ...busOptions });
    this.keeper = new StreamKeeper(this.link, this.settings, logger, () => this.startAnew());
    this.link.onReturn(() => (this.nextCheckAt = 0));
  }

  async start(): Promise<void> {
    await this.link.open(startWaitMs);
    void this.hearWakes();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.attached.keys()].map((service) => this.detach(service)));
    this.listeners.clear();
    await this.link.close();
  }

  async attach(attachment: Attachment): Promise<void> {
    const { link, keeper, logger } = this;
    const responder = new RequestResponder(attachment, link, (subject) => this.askSubject(subject), logger);
    const consumer = new ServiceConsumer(attachment, this.runner, link, keeper, logger, this.settings.ackWaitMs);
    this.attached.set(attachment.service, { consumer, responder });
    consumer.start();
    const answering = responder.start().catch((error: unknown) => logger.warn('no requests are heard', { err: error }));
    if (link.now()) await answering;
  }

  async detach(service: ServiceName): Promise<void> {
    const parts = this.attached.get(service);
    this.attached.delete(service);
    if (!parts) return;
    const stopping = Promise.all([parts.consumer.stop(), parts.responder.stop()]);
    if (await within(this.runner.options.drainMs, stopping)) return;
    parts.consumer.close();
    this.logger.warn('handlers did not end in time; their events are given again', { service });
  }

  async tell(events: readonly StoredEvent[]): Promise<void> {
    const results = await Promise.allSettled(events.map((event) => this.put(event)));
    const refused = results.filter((result) => result.status === 'rejected');
    if (refused[0]) throw new Error(`The bus did not take ${refused.length} events`, { cause: refused[0].reason });
  }

  async tend(): Promise<boolean> {
    const ids = [...this.unmarked].slice(0, marksMax);
    if (ids.length > 0) await this.database.run(markPublished, ids);
    for (const id of ids) this.unmarked.delete(id);
    if (this.link.now() && performance.now() >= this.nextCheckAt) {
      await this.keeper.check();
      for (const service of this.attached.keys())
        busMetrics.pending.set({ service }, await this.keeper.pending(service));
      this.nextCheckAt = performance.now() + checkEachMs;
    }
    return (await this.tellAgain()) || ids.length === marksMax;
  }

  disposableUpTo(): number {
    return this.tellAgainFrom ?? Number.MAX_SAFE_INTEGER;
  }

  async ask(subject: string, payload: unknown, timeoutMs: number): Promise<unknown> {
    busMetrics.messages.inc({ kind: 'request' });
    const end = performance.now() + timeoutMs;
    for (;;) {
      const answer = await this.askOnce(subject, payload, end - performance.now());
      if (answer && 'error' in answer) throw new RequestFailed(subject, answer.error);
      if (answer) return answer.reply;
      if (performance.now() + askAgainMs >= end) throw new RequestTimedOut(subject, timeoutMs);
      await new Promise((resolve) => setTimeout(resolve, askAgainMs));
    }
  }

  wake(laneIds: readonly number[]): void {
    busMetrics.messages.inc({ kind: 'wake' });
    this.link.now()?.nc.publish(this.wakeSubject, JSON.stringify(laneIds));
  }

  onWake(listener: (laneIds: readonly number[]) => void): () => void {
    return this.listeners.add(listener);
  }

  private get wakeSubject(): string {
    return `${this.settings.prefix}-wake`;
  }

  private askSubject(subject: string): string {
    return `${this.settings.prefix}-ask.${subject}`;
  }

  private async put(event: StoredEvent): Promise<void> {
    const linked = this.link.now();
    if (!linked) throw new Error('NATS is away');
    if (this.tells?.includes(event.type) === false) throw new Error(`${event.type} is for another service to tell`);
    const message = JSON.stringify(event);
    const options = { msgID: event.eventId, timeout: publishTimeoutMs };
    const taken = await linked.js.publish(this.keeper.subject(event.type), message, options);
    if (!taken.duplicate) busMetrics.messages.inc({ kind: 'event' });
    this.keeper.took(taken.seq);
    this.unmarked.add(event.id);
  }

  private startAnew(): void {
    this.tellAgainFrom = 0;
    for (const { consumer } of this.attached.values()) consumer.pullAnew();
  }

  /** One page of the outbox, told or not; the message ids make those that are there already no matter. */
  private async tellAgain(): Promise<boolean> {
    if (this.tellAgainFrom === null || !this.link.now()) return false;
    const from = this.tellAgainFrom;
    const rows = await this.database.run(eventsFrom, from, page, this.tells);
    await this.tell(rows.map(toStoredEvent));
    const last = rows.at(-1);
    if (this.tellAgainFrom !== from) return true;
    this.tellAgainFrom = last && rows.length === page ? last.id + 1 : null;
    return this.tellAgainFrom !== null;
  }

  /** Null: nobody is there to answer yet. */
  private async askOnce(subject: string, payload: unknown, timeoutMs: number): Promise<Answer | null> {
    const linked = this.link.now();
    if (!linked || timeoutMs <= 0) return null;
    try {
      const message = await linked.nc.request(this.askSubject(subject), JSON.stringify(payload ?? null), {
        timeout: timeoutMs,
      });
      return message.json<Answer>();
    } catch (error) {
      if (error instanceof TimeoutError || error instanceof RequestError) return null;
      throw error;
    }
  }

  private async hearWakes(): Promise<void> {
    try {
      const { nc } = await this.link.ready();
      const callback = (error: Error | null, message: Msg): void => {
        if (!error) this.passOn(message);
      };
      nc.subscribe(this.wakeSubject, { callback });
    } catch (error) {
      this.logger.debug('wakes were never heard', { err: error });
    }
  }

  private passOn(message: Msg): void {
    try {
      this.listeners.hear(message.json<number[]>());
    } catch (error) {
      this.logger.warn('a wake was no list of lanes', { err: error });
    }
  }
}
