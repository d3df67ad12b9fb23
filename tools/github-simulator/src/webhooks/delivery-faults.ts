/** What goes wrong with one delivery on its way. */
export interface DeliveryFault {
  /** Recorded in the log as timed out, never sent. */
  drop?: boolean;
  /** Sent so many times at once, with the same guid. */
  times?: number;
  /** Sent only after this time. */
  delayMs?: number;
  /** Held until the given number of later deliveries has been sent (or `releaseHeld`). */
  holdBehind?: number;
}

export interface DeliveryFaultRule extends DeliveryFault {
  /** Only deliveries of this event. */
  event?: string;
  /** How many deliveries are hit; default 1. */
  count?: number;
}

/** Faults wait here for the deliveries that they hit, in the order in which they were asked for. */
export class DeliveryFaults {
  private rules: (DeliveryFaultRule & { left: number })[] = [];
  private held: { behind: number; release(): void }[] = [];

  add(rule: DeliveryFaultRule): void {
    this.rules.push({ ...rule, left: rule.count ?? 1 });
  }

  clear(): void {
    this.rules = [];
    this.releaseHeld();
  }

  /** The fault of the next delivery of an event. */
  next(event: string): DeliveryFault {
    const rule = this.rules.find((each) => each.left > 0 && (each.event === undefined || each.event === event));
    if (!rule) {
      this.passed();
      return {};
    }
    rule.left -= 1;
    return rule;
  }

  async hold(fault: DeliveryFault): Promise<void> {
    if (fault.holdBehind !== undefined && fault.holdBehind > 0) {
      await new Promise<void>((release) => this.held.push({ behind: fault.holdBehind ?? 1, release }));
    }
    const delayMs = fault.delayMs ?? 0;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  }

  releaseHeld(): void {
    for (const each of this.held.splice(0)) each.release();
  }

  private passed(): void {
    for (const each of this.held) each.behind -= 1;
    const free = this.held.filter((each) => each.behind <= 0);
    this.held = this.held.filter((each) => each.behind > 0);
    // After the delivery that it was held behind has left.
    if (free.length > 0) setTimeout(() => free.forEach((each) => each.release()), 20);
  }
}
