import { type Database, beginAttempt, buryEvent, endAttempts, endedInCrash, postponeEvent } from '@crosstie/domain';
import { type Logger, faultPoint } from '@crosstie/platform';

import type { Incoming, StoredEvent } from '../events.js';
import { RetryLater, Unrecoverable } from '../outcomes.js';
import type { Attachment, BusOptions } from './bus.js';
import { busMetrics } from './bus-metrics.js';
import { describeForDeadLetter } from './describe-error.js';

/** What became of one delivery. */
export type Outcome =
  | { done: true }
  /** `recorded`: a row says that and when it is begun again; otherwise only the caller knows. */
  | { done: false; againInMs: number; recorded: boolean };

type Handler = (event: Incoming) => Promise<void>;

const done: Outcome = { done: true };
const databaseAwayMs = 1000;

/**
 * Runs a handler for one delivery of an event and decides what comes after; the same for every bus.
 * A first delivery that ends well costs no statement; everything else is counted in `event_attempt`.
 */
export class EventRunner {
  private suspects: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
    readonly options: BusOptions,
  ) {}

  /**
   * Never throws.
   *
   * @param again it was given to the service before, or may have been
   */
  async run(attachment: Attachment, event: StoredEvent, again: boolean): Promise<Outcome> {
    const handler = attachment.events.get(event.type);
    if (!handler || !isFor(attachment.service, event)) return done;
    if (again && (await this.isSuspect(attachment.service, event))) {
      return this.alone(() => this.attempt(attachment.service, handler, event, again));
    }
    return this.attempt(attachment.service, handler, event, again);
  }

  private async attempt(service: string, handler: Handler, event: StoredEvent, again: boolean): Promise<Outcome> {
    let attempt = 1;
    try {
      if (again) attempt = await this.begin(service, event);
      if (attempt > this.options.attemptsMax) return await this.bury(service, event, attempt - 1, crashed());
    } catch (error) {
      return this.databaseAway(service, event, error);
    }
    const end = busMetrics.handling.startTimer({ service });
    try {
      await this.limit(handler({ eventId: event.eventId, type: event.type, payload: event.payload, attempt }));
      await faultPoint('consumer.after_commit');
    } catch (error) {
      return this.failed(service, event, attempt, error);
    } finally {
      end();
    }
    busMetrics.events.inc({ service, outcome: 'done' });
    if (again) await this.forget(service, event);
    return done;
  }

  /**
   * One event may bring the process down each time, and with it those that happen to run beside it. So that these
   * are not counted until they are dead letters too, events that were under way in a crash are begun one by one.
   */
  private async isSuspect(service: string, event: StoredEvent): Promise<boolean> {
    try {
      return (await this.database.first(endedInCrash, service, event.eventId))?.crashed ?? false;
    } catch {
      // Then the start cannot be counted either, and there will be none.
      return false;
    }
  }

  private alone(work: () => Promise<Outcome>): Promise<Outcome> {
    const turn = this.suspects.then(work);
    this.suspects = turn;
    return turn;
  }

  private async begin(service: string, event: StoredEvent): Promise<number> {
    return (await this.database.first(beginAttempt, service, event.eventId, event.id))?.attempts ?? 1;
  }

  private async failed(service: string, event: StoredEvent, attempt: number, error: unknown): Promise<Outcome> {
    try {
      if (error instanceof RetryLater) return await this.later(service, event, attempt, error);
      if (error instanceof Unrecoverable || attempt >= this.options.attemptsMax) {
        return await this.bury(service, event, attempt, error);
      }
      const delayMs = this.options.backOffMs(attempt);
      this.logger.warn('an event could not be handled and is tried again', {
        ...about(service, event),
        attempt,
        err: error,
      });
      await this.database.run(postponeEvent, service, event.eventId, event.id, attempt, delayMs);
      busMetrics.events.inc({ service, outcome: 'failed' });
      return { done: false, againInMs: delayMs, recorded: true };
    } catch (failure) {
      return this.databaseAway(service, event, failure);
    }
  }

  private async later(service: string, event: StoredEvent, attempt: number, error: RetryLater): Promise<Outcome> {
    this.logger.debug(error.message, about(service, event));
    await this.database.run(postponeEvent, service, event.eventId, event.id, attempt - 1, error.delayMs);
    busMetrics.events.inc({ service, outcome: 'later' });
    return { done: false, againInMs: error.delayMs, recorded: true };
  }

  private async bury(service: string, event: StoredEvent, attempts: number, error: unknown): Promise<Outcome> {
    const text = describeForDeadLetter(error);
    await this.database.run(
      buryEvent,
      service,
      event.eventId,
      event.type,
      JSON.stringify(event.payload),
      text,
      attempts,
    );
    busMetrics.events.inc({ service, outcome: 'dead' });
    this.logger.error('an event became a dead letter', { ...about(service, event), attempts, err: error });
    return done;
  }

  // Nothing can be counted now, so nothing is: the event waits where it is.
  private databaseAway(service: string, event: StoredEvent, error: unknown): Outcome {
    this.logger.warn('the database did not take what became of an event', { ...about(service, event), err: error });
    return { done: false, againInMs: databaseAwayMs, recorded: false };
  }

  private async forget(service: string, event: StoredEvent): Promise<void> {
    try {
      await this.database.run(endAttempts, service, event.eventId);
    } catch (error) {
      this.logger.warn('the attempts of a handled event stay', { ...about(service, event), err: error });
    }
  }

  private async limit(work: Promise<void>): Promise<void> {
    const { handlerTimeoutMs } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`the handler did not end within ${handlerTimeoutMs} ms`)),
        handlerTimeoutMs,
      );
      // A handler that hangs does not keep a stopped process alive.
      timer.unref();
    });
    try {
      await Promise.race([work, tooLong]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether the service is meant. */
export function isFor(service: string, event: StoredEvent): boolean {
  return event.onlyService === null || event.onlyService === undefined || event.onlyService === service;
}

function crashed(): Error {
  return new Error('The process ended while it handled this event, each time it was tried.');
}

function about(service: string, event: StoredEvent): { service: string; event: string; type: string } {
  return { service, event: event.eventId, type: event.type };
}
