import type { Logger } from '@crosstie/platform';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';

import type { Attachment } from '../bus/bus.js';
import { busMetrics } from '../bus/bus-metrics.js';
import type { EventRunner } from '../bus/event-runner.js';
import type { StoredEvent } from '../events.js';
import { readEvent } from '../read-event.js';
import type { NatsLink } from './nats-link.js';
import type { StreamKeeper } from './stream-keeper.js';

const pullMs = 10_000;
const pauseMs = 500;
/** Two of the server's signs missed: the durable is gone. */
const heartbeatMs = 2000;

/**
 * Pulls a service's events. Never more are held than handlers may run, so that a message does not grow old in a
 * buffer; each held one is reported as being worked on until its handler ends.
 */
export class ServiceConsumer {
  private readonly held = new Map<JsMsg, Promise<void>>();
  private pull: ConsumerMessages | null = null;
  private working: Promise<void> | null = null;
  private stopping = false;
  private room: (() => void) | null = null;
  private heartbeat: NodeJS.Timeout | undefined;
  private unlisten: (() => void) | null = null;

  constructor(
    private readonly attachment: Attachment,
    private readonly runner: EventRunner,
    private readonly link: NatsLink,
    private readonly keeper: StreamKeeper,
    private readonly logger: Logger,
    private readonly ackWaitMs: number,
  ) {}

  start(): void {
    if (this.attachment.events.size === 0) return;
    this.heartbeat = setInterval(() => this.sayWorking(), this.ackWaitMs / 3);
    // A pull that was sent before the connection broke is not known to the server any more.
    this.unlisten = this.link.onReturn(() => this.pullAnew());
    this.working = this.work();
  }

  /** The durable is another one now, or does not know of the pull under way. */
  pullAnew(): void {
    this.pull?.stop();
  }

  /** Pulls no more and waits for the handlers that run. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.pull?.stop();
    this.room?.();
    await Promise.all(this.held.values());
    this.close();
    await this.working;
  }

  /** Lets go of what is still held: nothing is said of it any more, so the server gives it again. */
  close(): void {
    clearInterval(this.heartbeat);
    this.unlisten?.();
  }

  private async work(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.pullOnce();
      } catch (error) {
        if (this.stopping) return;
        this.keeper.forget(this.attachment.service);
        this.logger.warn('events could not be pulled', { service: this.attachment.service, err: error });
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  private async pullOnce(): Promise<void> {
    const free = this.runner.options.concurrency - this.held.size;
    if (free <= 0) return this.waitForRoom();
    const consumer = await this.keeper.consumer(this.attachment.service);
    if (this.stopping) return;
    const pull = await consumer.fetch({ max_messages: free, expires: pullMs, idle_heartbeat: heartbeatMs });
    this.pull = pull;
    if (this.stopping) pull.stop();
    for await (const message of pull) {
      if (this.stopping) message.nak();
      else this.take(message);
    }
  }

  private async waitForRoom(): Promise<void> {
    if (!this.stopping) await new Promise<void>((resolve) => (this.room = resolve));
  }

  private take(message: JsMsg): void {
    const work = this.handle(message).finally(() => {
      this.held.delete(message);
      this.room?.();
    });
    this.held.set(message, work);
  }

  private async handle(message: JsMsg): Promise<void> {
    const event = read(message);
    if (!event) busMetrics.events.inc({ service: this.attachment.service, outcome: 'not_ours' });
    const outcome = event && (await this.runner.run(this.attachment, event, message.redelivered));
    try {
      if (!outcome) message.term();
      else if (outcome.done) message.ack();
      else message.nak(Math.max(1, Math.round(outcome.againInMs)));
    } catch (error) {
      // The connection is closed: the server gives the event again, and the handler is idempotent.
      this.logger.warn('an event could not be acknowledged', { service: this.attachment.service, err: error });
    }
  }

  private sayWorking(): void {
    if (!this.link.now()) return;
    for (const message of this.held.keys()) message.working();
  }
}

/** What others put under our subjects is not for us. */
function read(message: JsMsg): StoredEvent | null {
  try {
    return readEvent(message.json());
  } catch {
    return null;
  }
}
