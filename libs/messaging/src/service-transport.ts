import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';

import type { Attachment, Bus } from './bus/bus.js';
import type { Incoming } from './events.js';
import { type ServiceName, transportIdOf } from './service-name.js';

type Handler = (data: unknown, context: unknown) => Promise<unknown>;

/** How Nest hands the handlers of one service to the bus; the bus decides when they run. */
export class ServiceTransport extends Server implements CustomTransportStrategy {
  private readonly events = new Map<string, Handler>();
  private readonly requests = new Map<string, Handler>();

  constructor(
    private readonly service: ServiceName,
    private readonly bus: Bus,
  ) {
    super();
    this.transportId = transportIdOf(service);
  }

  /** Nest would join two handlers of one pattern under one acknowledgement, so there may be one only. */
  override addHandler(
    pattern: unknown,
    callback: Handler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    const name = String(pattern);
    const handlers = isEventHandler ? this.events : this.requests;
    if (extras['service'] !== this.service) {
      throw new Error(`The handler of ${name} names no service: declare it with @EventHandler or @RequestHandler`);
    }
    if (handlers.has(name)) throw new Error(`${this.service} has two handlers of ${name}; one is allowed`);
    handlers.set(name, callback);
  }

  listen(callback: (error?: unknown) => void): void {
    void this.begin(callback);
  }

  async close(): Promise<void> {
    await this.bus.detach(this.service);
  }

  on(): never {
    throw new Error('The bus has no events of its own to listen to');
  }

  unwrap(): never {
    throw new Error('There is no server under this transport');
  }

  private async begin(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.bus.attach(this.attachment());
    } catch (error) {
      return callback(error);
    }
    callback();
  }

  private attachment(): Attachment {
    const call = async (handler: Handler, data: unknown): Promise<unknown> =>
      lastValueFrom(this.transformToObservable(await handler(data, {})), { defaultValue: undefined });
    const bind = <T>(handlers: Map<string, Handler>, as: (handler: Handler) => T): Map<string, T> =>
      new Map([...handlers].map(([name, handler]) => [name, as(handler)]));
    return {
      service: this.service,
      events: bind(this.events, (handler) => async (event: Incoming) => void (await call(handler, event))),
      requests: bind(this.requests, (handler) => (payload: unknown) => call(handler, payload)),
    };
  }
}
