export interface Delivery {
  id: bigint;
  guid: string;
  hookId: number;
  /** Null: a repository's own hook. */
  appId: number | null;
  event: string;
  action: string | null;
  installationId: number | null;
  repositoryId: number | null;
  redelivery: boolean;
  url: string;
  /** As it is sent. */
  payload: Buffer;
  /** The JSON in it, also where it is sent as a form. */
  json: Buffer;
  requestHeaders: Record<string, string>;
  deliveredAt: number;
  /** Monotonic nanoseconds when the request left, and when its answer was whole. */
  sentNs: bigint | null;
  answeredNs: bigint | null;
  durationS: number;
  status: string;
  statusCode: number;
  responseHeaders: Record<string, string>;
  responseBody: string;
  done: boolean;
}

export const logWindowMs = 3 * 24 * 3_600_000;

/** What a hook's settings page shows under "Recent deliveries": kept three days, newest first. */
export class DeliveryLog {
  private readonly deliveries: Delivery[] = [];
  private nextId: bigint;

  constructor(bigIds: boolean) {
    // With big ids a client that parses JSON numbers as doubles asks for a delivery that is not there.
    this.nextId = bigIds ? 2n ** 53n + 1n : 10_000_001n;
  }

  newId(): bigint {
    const id = this.nextId;
    this.nextId += 2n;
    return id;
  }

  add(delivery: Delivery): void {
    this.deliveries.push(delivery);
  }

  /** All of a hook inside the window, newest first. */
  ofHook(hookId: number, now: number): Delivery[] {
    return this.deliveries
      .filter((each) => each.hookId === hookId && each.done && now - each.deliveredAt < logWindowMs)
      .reverse();
  }

  find(hookId: number, id: bigint, now: number): Delivery | undefined {
    return this.ofHook(hookId, now).find((each) => each.id === id);
  }

  /** Everything, oldest first; for the control API. */
  all(): readonly Delivery[] {
    return this.deliveries;
  }

  clear(): void {
    this.deliveries.length = 0;
  }
}
