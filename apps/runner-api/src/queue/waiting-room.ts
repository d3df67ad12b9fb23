import { Clock, metrics } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';

const wheelMs = 250;
const heldOfManagerMax = 4;
const heldOfRunnerMax = 50;

/** Who asks for a job, as far as the queue is concerned. */
export interface Asker {
  runner: { id: number; version: number };
  managerId: number;
}

/** One held request. It owns a promise and nothing else: no connection to the database, no timer. */
export interface Waiter {
  readonly asker: Asker;
  laneIds: ReadonlySet<number>;
  /** Resolves true when there may be a job, false when the wait is over. At once, if either came before. */
  next(): Promise<boolean>;
}

interface Seat extends Waiter {
  readonly until: number;
  /** Lanes of wakes that it has not looked into yet; at most one while it waits. */
  wakes: number[];
  /** The lane that it looks into now. */
  inHand: number | null;
  over: boolean;
  ring: (() => void) | null;
}

const held = metrics.gauge('runner_requests_held', 'Job requests that wait for a job');

/**
 * Held requests, longest waiting first. A waiter enters before it looks into the queue, so that a job which
 * arrives meanwhile wakes it; one that found nothing waits again in its old place.
 */
@Injectable()
export class WaitingRoom {
  private readonly seats = new Set<Seat>();
  private wheel: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly clock: Clock) {}

  /** Null when this runner holds too many requests already, or nobody is let in any more. */
  enter(asker: Asker, laneIds: readonly number[], holdMs: number): Waiter | null {
    if (this.closed || !this.hasRoomFor(asker)) return null;
    const until = this.clock.ms() + holdMs;
    const seat: Seat = {
      asker,
      laneIds: new Set(laneIds),
      until,
      wakes: [],
      inHand: null,
      over: false,
      ring: null,
      next: () => this.waitAt(seat),
    };
    this.seats.add(seat);
    held.set(this.seats.size);
    this.wheel ??= setInterval(() => this.endOverdue(), wheelMs).unref();
    return seat;
  }

  /** Gives up the place. A wake that brought no job here is passed on to the next one. */
  leave(waiter: Waiter, tookJob: boolean): void {
    const seat = waiter as Seat;
    this.end(seat);
    const unspent = [...seat.wakes, ...(seat.inHand !== null && !tookJob ? [seat.inHand] : [])];
    seat.wakes = [];
    seat.inHand = null;
    this.wake(unspent);
  }

  /** Wakes as many waiters as jobs arrived, longest waiting first; a lane is named once for each job. */
  wake(laneIds: readonly number[]): void {
    for (const laneId of laneIds) {
      const fitting = [...this.seats].filter((seat) => seat.laneIds.has(laneId));
      // One that is looking already may come back without, so it is only the second choice.
      const chosen = fitting.find((seat) => seat.ring !== null && seat.wakes.length === 0) ?? fitting[0];
      chosen?.wakes.push(laneId);
      chosen?.ring?.();
    }
  }

  get size(): number {
    return this.seats.size;
  }

  /** Lanes that somebody waits for. */
  lanes(): number[] {
    return [...new Set([...this.seats].flatMap((seat) => [...seat.laneIds]))];
  }

  /** The waiters of each runner, to give them other lanes. */
  byRunner(): Map<number, Waiter[]> {
    const waiters = new Map<number, Waiter[]>();
    for (const seat of this.seats) {
      const known = waiters.get(seat.asker.runner.id);
      if (known) known.push(seat);
      else waiters.set(seat.asker.runner.id, [seat]);
    }
    return waiters;
  }

  /** Ends every wait and lets nobody in any more. */
  close(): void {
    this.closed = true;
    for (const seat of this.seats) this.end(seat);
  }

  private hasRoomFor(asker: Asker): boolean {
    let [ofManager, ofRunner] = [0, 0];
    for (const seat of this.seats) {
      if (seat.asker.runner.id !== asker.runner.id) continue;
      ofRunner += 1;
      if (seat.asker.managerId === asker.managerId) ofManager += 1;
    }
    return ofManager < heldOfManagerMax && ofRunner < heldOfRunnerMax;
  }

  private waitAt(seat: Seat): Promise<boolean> {
    seat.inHand = null;
    const settle = () => {
      seat.ring = null;
      seat.inHand = seat.over ? null : (seat.wakes.shift() ?? null);
      return !seat.over;
    };
    if (seat.wakes.length > 0 || seat.over) return Promise.resolve(settle());
    return new Promise((resolve) => {
      seat.ring = () => resolve(settle());
    });
  }

  private endOverdue(): void {
    const now = this.clock.ms();
    for (const seat of this.seats) if (seat.until <= now) this.end(seat);
  }

  private end(seat: Seat): void {
    seat.over = true;
    this.seats.delete(seat);
    held.set(this.seats.size);
    seat.ring?.();
    if (this.seats.size === 0) {
      clearInterval(this.wheel);
      this.wheel = undefined;
    }
  }
}
