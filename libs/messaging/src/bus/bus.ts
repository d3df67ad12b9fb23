import type { EventType, Incoming, StoredEvent } from '../events.js';
import type { ServiceName } from '../service-name.js';

/** What a service does, as its transport found it: events by type, requests by subject. */
export interface Attachment {
  readonly service: ServiceName;
  readonly events: ReadonlyMap<string, (event: Incoming) => Promise<void>>;
  readonly requests: ReadonlyMap<string, (payload: unknown) => Promise<unknown>>;
}

export interface BusOptions {
  /** Handlers of one service that run at the same time in this process. */
  readonly concurrency: number;
  /** Starts of a handler before the event becomes a dead letter. */
  readonly attemptsMax: number;
  /** A handler that takes longer has failed. */
  readonly handlerTimeoutMs: number;
  /** How long a stop waits for handlers that run; what they leave is given again. */
  readonly drainMs: number;
  /** The wait before attempt n + 1, n from 1. */
  readonly backOffMs: (attempt: number) => number;
}

export const defaultBusOptions: BusOptions = {
  concurrency: 16,
  attemptsMax: 5,
  handlerTimeoutMs: 300_000,
  drainMs: 15_000,
  backOffMs: (attempt) => Math.min(60_000, 1000 * 4 ** (attempt - 1)) * (0.75 + Math.random() / 2),
};

/**
 * How services tell each other things: events (durable, each service hears each at least once), requests and
 * wakes (plain). The rows of the outbox are the truth; what a bus holds may be lost.
 */
export abstract class Bus {
  /** The types of events that this process tells; null: all. */
  readonly tells: readonly EventType[] | null = null;

  abstract start(): Promise<void>;

  /** Drains: takes nothing new, waits for running handlers, closes. May be called twice. */
  abstract stop(): Promise<void>;

  /** Begins to give events and requests to a service. */
  abstract attach(attachment: Attachment): Promise<void>;

  /** Takes no more work for the service and waits for what runs. */
  abstract detach(service: ServiceName): Promise<void>;

  /** Tells committed events. What the bus does not take stays untold in the outbox. */
  abstract tell(events: readonly StoredEvent[]): Promise<void>;

  /**
   * One bounded pass of what the bus does besides: remembers in the outbox what it took.
   *
   * @returns whether there is more to do at once
   */
  abstract tend(): Promise<boolean>;

  /** The bus does not need rows of the outbox up to this id any more. */
  abstract disposableUpTo(): number;

  abstract ask(subject: string, payload: unknown, timeoutMs: number): Promise<unknown>;

  abstract wake(laneIds: readonly number[]): void;

  abstract onWake(listener: (laneIds: readonly number[]) => void): () => void;
}
