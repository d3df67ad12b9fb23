import { createHmac, randomUUID } from 'node:crypto';
import type { SimulatedClock } from '../state/clock.js';
import type { Switches } from '../state/switches.js';
import { type Delivery, DeliveryLog } from './delivery-log.js';
import { type DeliveryFault, DeliveryFaults } from './delivery-faults.js';
import type { HookOwner } from './hook-owner.js';
import { postDelivery } from './post-delivery.js';

/** GitHub sends nothing at all when a payload is larger. */
export const payloadBytesMax = 25 * 1024 * 1024;

export interface HookEvent {
  event: string;
  payload: Record<string, unknown> | Buffer;
  guid?: string;
  installationId?: number | null;
  repositoryId?: number | null;
  /** Sign with this instead of the hook's secret (for tests of a wrong or older one). */
  secret?: string;
  /** Replaces or adds headers; an empty value leaves one out. */
  headers?: Record<string, string>;
}

export function signature256(secret: string, body: Buffer): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** Sends the deliveries of hooks, once each: like GitHub it repeats nothing by itself. */
export class HookSender {
  readonly log: DeliveryLog;
  readonly faults = new DeliveryFaults();
  /** Looks at each payload of ours before it leaves. */
  check: (event: string, payload: Record<string, unknown>) => void = () => undefined;
  private readonly closing = new AbortController();
  private readonly inFlight = new Set<Promise<unknown>>();

  constructor(
    private readonly clock: SimulatedClock,
    private readonly switches: Switches,
  ) {
    this.log = new DeliveryLog(switches.bigDeliveryIds);
  }

  /** Signs and sends; the promise ends with the answer. Null: GitHub would send nothing. */
  send(owner: HookOwner, event: HookEvent): Promise<Delivery> | null {
    if (!owner.hook.active || owner.hook.url === '') return null;
    const json = Buffer.isBuffer(event.payload) ? event.payload : Buffer.from(JSON.stringify(event.payload));
    if (json.length > payloadBytesMax) return null;
    const guid = event.guid ?? randomUUID();
    const delivery = this.prepare(owner, event, guid, json);
    this.log.add(delivery);
    const { payload } = event;
    // Afterwards: nothing may stand between a push and its delivery.
    if (!Buffer.isBuffer(payload)) setImmediate(() => this.check(event.event, payload));
    return this.track(this.deliver(delivery, this.faults.next(event.event)));
  }

  /** As the "Redeliver" button: same guid, same bytes, a new id. */
  redeliver({ hook }: HookOwner, earlier: Delivery): Promise<Delivery> {
    const again: Delivery = {
      ...earlier,
      id: this.log.newId(),
      redelivery: true,
      done: false,
      sentNs: null,
      answeredNs: null,
    };
    again.url = hook.url;
    if (hook.secret) again.requestHeaders = { ...again.requestHeaders, ...signatures(hook.secret, again.payload) };
    this.log.add(again);
    return this.track(this.deliver(again, {}));
  }

  /** Ends when nothing is under way any more. */
  async settled(): Promise<void> {
    this.faults.releaseHeld();
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
  }

  /** Gives up what is under way. */
  close(): void {
    this.faults.releaseHeld();
    this.closing.abort();
  }

  private prepare({ hook, kind, id }: HookOwner, event: HookEvent, guid: string, json: Buffer): Delivery {
    const form = hook.contentType === 'form';
    const body = form ? Buffer.from(new URLSearchParams({ payload: json.toString('utf8') }).toString()) : json;
    const secret = event.secret ?? hook.secret;
    const headers: Record<string, string> = {
      accept: '*/*',
      'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json',
      'user-agent': 'GitHub-Hookshot/5c1a2b3',
      'x-github-delivery': guid,
      'x-github-event': event.event,
      'x-github-hook-id': String(hook.id),
      'x-github-hook-installation-target-id': String(id),
      'x-github-hook-installation-target-type': kind === 'app' ? this.switches.hookTargetType : 'repository',
      ...(secret ? signatures(secret, body) : {}),
      ...event.headers,
    };
    const payload = Buffer.isBuffer(event.payload) ? {} : event.payload;
    return {
      id: this.log.newId(),
      guid,
      hookId: hook.id,
      appId: kind === 'app' ? id : null,
      event: event.event,
      action: typeof payload['action'] === 'string' ? payload['action'] : null,
      installationId: event.installationId ?? null,
      repositoryId: event.repositoryId ?? null,
      redelivery: false,
      url: hook.url,
      payload: body,
      json,
      requestHeaders: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== '')),
      deliveredAt: this.clock.now(),
      sentNs: null,
      answeredNs: null,
      durationS: 0,
      status: '',
      statusCode: 0,
      responseHeaders: {},
      responseBody: '',
      done: false,
    };
  }

  private async deliver(delivery: Delivery, fault: DeliveryFault): Promise<Delivery> {
    await this.faults.hold(fault);
    if (fault.drop) return this.neverArrived(delivery);
    const copies = Array.from({ length: fault.times ?? 1 }, () => this.post(delivery));
    await Promise.all(copies);
    return delivery;
  }

  private neverArrived(delivery: Delivery): Delivery {
    delivery.status = 'timed out';
    delivery.statusCode = this.switches.timeoutStatusCode;
    delivery.done = true;
    return delivery;
  }

  private async post(delivery: Delivery): Promise<void> {
    delivery.deliveredAt = this.clock.now();
    delivery.sentNs = process.hrtime.bigint();
    const answer = await postDelivery(delivery.url, delivery.requestHeaders, delivery.payload, {
      timeoutMs: this.switches.hookTimeoutMs,
      timeoutStatusCode: this.switches.timeoutStatusCode,
      closing: this.closing.signal,
    });
    delivery.answeredNs = process.hrtime.bigint();
    delivery.durationS = Number(delivery.answeredNs - delivery.sentNs) / 1e9;
    delivery.status = answer.status;
    delivery.statusCode = answer.statusCode;
    delivery.responseHeaders = answer.headers;
    delivery.responseBody = answer.body;
    delivery.done = true;
  }

  private track<T>(work: Promise<T>): Promise<T> {
    this.inFlight.add(work);
    const forget = (): void => void this.inFlight.delete(work);
    work.then(forget, forget);
    return work;
  }
}

function signatures(secret: string, body: Buffer): Record<string, string> {
  return {
    'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
    'x-hub-signature-256': signature256(secret, body),
  };
}
