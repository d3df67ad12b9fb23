import type { Logger } from '@crosstie/platform';
import {
  AckPolicy,
  type Consumer,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

import type { Linked, NatsLink } from './nats-link.js';

export interface StreamSettings {
  /** First part of every subject, and the stream's name in capitals; `crosstie`. */
  readonly prefix: string;
  /** Messages kept at the most; above it publishing fails and the outbox waits. */
  readonly messagesMax: number;
  /** How long a service may be silent about a message before it is given again. */
  readonly ackWaitMs: number;
}

const hourMs = 3_600_000;
const keptMs = 24 * hourMs;
const duplicateWindowMs = 120_000;

/**
 * Makes stream and durables where they are missing, and notices when the stream has lost what it had said it holds:
 * JetStream acknowledges before it syncs to disk. Then everything in the outbox has to be told again.
 */
export class StreamKeeper {
  private created: string | null = null;
  private highestSeq = 0;
  private readonly consumers = new Map<string, Consumer>();

  constructor(
    private readonly link: NatsLink,
    private readonly settings: StreamSettings,
    private readonly logger: Logger,
    /** Called when the stream is a new one, or has less than it had. */
    private readonly onLoss: () => void,
  ) {}

  get stream(): string {
    return this.settings.prefix.toUpperCase();
  }

  subject(type: string): string {
    return `${this.settings.prefix}.${type}`;
  }

  /** The stream took a message under this number. */
  took(seq: number): void {
    this.highestSeq = Math.max(this.highestSeq, seq);
  }

  /** Makes the stream if it is not there, and compares it with what is known of it. */
  async check(): Promise<void> {
    const linked = await this.link.ready();
    const found = await this.find(linked);
    const info = found ?? (await this.make(linked));
    const isAnother = this.created !== null && this.created !== info.created;
    this.created = info.created;
    // Made just now: it may have been lost while nobody looked.
    if (!found || isAnother || info.state.last_seq < this.highestSeq) {
      this.logger.warn('the stream is new or has lost messages; the outbox is told again', { stream: this.stream });
      this.consumers.clear();
      this.highestSeq = info.state.last_seq;
      this.onLoss();
    }
  }

  /** The durable of a service; made when it is missing. */
  async consumer(service: string): Promise<Consumer> {
    const known = this.consumers.get(service);
    if (known) return known;
    const linked = await this.link.ready();
    await this.check();
    await this.makeDurable(linked, service);
    const consumer = await linked.js.consumers.get(this.stream, service);
    this.consumers.set(service, consumer);
    return consumer;
  }

  /** How many messages a service was not given yet or has not acknowledged. */
  async pending(service: string): Promise<number> {
    const info = await this.consumers.get(service)?.info();
    return info ? info.num_pending + info.num_ack_pending : 0;
  }

  /** It did not answer as it should: look at it anew. */
  forget(service: string): void {
    this.consumers.delete(service);
  }

  private async find({ jsm }: Linked): Promise<StreamInfo | null> {
    try {
      return await jsm.streams.info(this.stream);
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  private async make({ jsm }: Linked): Promise<StreamInfo> {
    return jsm.streams.add({
      name: this.stream,
      subjects: [`${this.settings.prefix}.>`],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      // A full stream must refuse, so that the outbox keeps what it cannot take.
      discard: DiscardPolicy.New,
      max_msgs: this.settings.messagesMax,
      max_age: nanos(keptMs),
      duplicate_window: nanos(duplicateWindowMs),
    });
  }

  // One wildcard filter: nats-server 2.9 has no list of them.
  private async makeDurable({ jsm }: Linked, service: string): Promise<void> {
    try {
      await jsm.consumers.info(this.stream, service);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await jsm.consumers.add(this.stream, {
        durable_name: service,
        filter_subject: `${this.settings.prefix}.>`,
        deliver_policy: DeliverPolicy.All,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(this.settings.ackWaitMs),
        // Attempts are counted in our own rows and end in a dead letter; the server's count would end in silence,
        // and its limit on unacknowledged messages would let those that wait for later stop all others.
        max_deliver: -1,
        max_ack_pending: -1,
      });
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status === 404;
}
