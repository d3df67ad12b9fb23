import type { Logger } from '@crosstie/platform';
import type { Msg, Subscription } from '@nats-io/transport-node';

import type { Attachment } from '../bus/bus.js';
import type { NatsLink } from './nats-link.js';

/** What travels back. */
export type Answer = { reply: unknown } | { error: string };

/** Answers a service's requests; several processes of a service share them. */
export class RequestResponder {
  private readonly subscriptions: Subscription[] = [];
  private readonly answering = new Set<Promise<void>>();
  private stopped = false;

  constructor(
    private readonly attachment: Attachment,
    private readonly link: NatsLink,
    private readonly subjectOf: (subject: string) => string,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    const { nc } = await this.link.ready();
    if (this.stopped) return;
    for (const [subject, handler] of this.attachment.requests) {
      const callback = (error: Error | null, message: Msg): void => {
        if (!error) this.take(message, handler);
      };
      this.subscriptions.push(nc.subscribe(this.subjectOf(subject), { queue: this.attachment.service, callback }));
    }
  }

  /** Takes no more requests and answers those it has. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.link.now()) await Promise.all(this.subscriptions.map((subscription) => subscription.drain()));
    await Promise.all(this.answering);
  }

  private take(message: Msg, handler: (payload: unknown) => Promise<unknown>): void {
    const work = this.answer(message, handler).finally(() => this.answering.delete(work));
    this.answering.add(work);
  }

  private async answer(message: Msg, handler: (payload: unknown) => Promise<unknown>): Promise<void> {
    let answer: Answer;
    try {
      answer = { reply: (await handler(message.json())) ?? null };
    } catch (error) {
      this.logger.warn('a request could not be answered', { service: this.attachment.service, err: error });
      answer = { error: error instanceof Error ? error.message : 'failed' };
    }
    message.respond(JSON.stringify(answer));
  }
}
