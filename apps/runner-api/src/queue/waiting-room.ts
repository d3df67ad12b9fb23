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
  /** Resolves true when there may be a job, false when the wait is over. At once, if either came before. */
  next(): Promise<boolean>;
}

interface Seat extends Waiter {
  /** In the order of entering. */
  readonly number: number;
  readonly until: number;
  row: Row;
  /** Lanes of wakes that it has not looked into yet; at most one while it waits. */
  wakes: number[];
  /** The lane that it looks into now. */
  inHand: number | null;
  over: boolean;
  ring: (() => void) | null;
}

/** Those who wait for the same lanes, longest waiting first. */
interface Row {
  readonly laneIds: ReadonlySet<number>;
  readonly seats: Set<Seat>;
}

const held = metrics.gauge('runner_requests_held', 'Job requests that wait for a job');

/**
 * Held requests, longest waiting first. A waiter enters before it looks into the queue, so that a job which
 * arrives meanwhile wakes it; one that found nothing waits again in its old place.
 *
 * Ten thousand may wait: they stand in rows by their lanes, of which there are few, and a wake looks at the heads
 * of the rows alone.
 */
@Injectable()
export class WaitingRoom {
  private readonly seats = new Set<Seat>();
  private rows = new Map<string, Row>();
  private readonly held = new Map<string, number>();
  private wheel: NodeJS.Timeout | undefined;
  private closed = false;
  private entered = 0;

  constructor(private readonly clock: Clock) {}

  /** Null when this runner holds too many requests already, or nobody is let in any more. */
  enter(asker: Asker, laneIds: readonly number[], holdMs: number): Waiter | null {
    if (this.closed || !this.hasRoomFor(asker)) return null;
    const seat: Seat = {
      number: this.entered++,
      asker,
      until: this.clock.ms() + holdMs,
      row: this.rowOf(laneIds),
      wakes: [],
      inHand: null,
      over: false,
      ring: null,
      next: () => this.waitAt(seat),
    };
    seat.row.seats.add(seat);
    this.seats.add(seat);
    this.count(asker, 1);
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
      const rows = [...this.rows.values()].filter((row) => row.laneIds.has(laneId));
      // One that is looking already may come back without, so it is only the second choice.
      const chosen = firstOf(rows, (seat) => seat.ring !== null && seat.wakes.length === 0) ?? firstOf(rows);
      chosen?.wakes.push(laneId);
      chosen?.ring?.();
    }
  }

  get size(): number {
    return this.seats.size;
  }

  /** Lanes that somebody waits for. */
  lanes(): number[] {
    return [...new Set([...this.rows.values()].flatMap((row) => [...row.laneIds]))];
  }

  /** The runners of those who wait. */
  runners(): Asker['runner'][] {
    const runners = [...this.seats].map(({ asker }): [number, Asker['runner']] => [asker.runner.id, asker.runner]);
    return [...new Map(runners).values()];
  }

  /** Gives the waiters of runners other lanes; everybody keeps the place. */
  move(lanesByRunner: ReadonlyMap<number, readonly number[]>): void {
    const before = this.rows;
    this.rows = new Map();
    for (const seat of this.seats) {
      seat.row = this.rowOf(lanesByRunner.get(seat.asker.runner.id) ?? [...seat.row.laneIds]);
      seat.row.seats.add(seat);
    }
    for (const row of before.values()) row.seats.clear();
  }

  /** Ends every wait and lets nobody in any more. */
  close(): void {
    this.closed = true;
    for (const seat of this.seats) this.end(seat);
  }

  private rowOf(laneIds: readonly number[]): Row {
    const key = laneIds.join();
    const known = this.rows.get(key);
    if (known) return known;
    const row: Row = { laneIds: new Set(laneIds), seats: new Set() };
    this.rows.set(key, row);
    return row;
  }

  private hasRoomFor({ runner, managerId }: Asker): boolean {
    const ofRunner = this.held.get(`runner ${runner.id}`) ?? 0;
    const ofManager = this.held.get(`manager ${runner.id} ${managerId}`) ?? 0;
    return ofManager < heldOfManagerMax && ofRunner < heldOfRunnerMax;
  }

  private count({ runner, managerId }: Asker, by: 1 | -1): void {
    for (const key of [`runner ${runner.id}`, `manager ${runner.id} ${managerId}`]) {
      const now = (this.held.get(key) ?? 0) + by;
      if (now === 0) this.held.delete(key);
      else this.held.set(key, now);
    }
    held.set(this.seats.size);
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
    if (this.seats.delete(seat)) {
      seat.row.seats.delete(seat);
      if (seat.row.seats.size === 0) this.dropRow(seat.row);
      this.count(seat.asker, -1);
    }
    seat.ring?.();
    if (this.seats.size === 0) {
      clearInterval(this.wheel);
      this.wheel = undefined;
    }
  }

  private dropRow(row: Row): void {
    const key = [...row.laneIds].join();
    if (this.rows.get(key) === row) this.rows.delete(key);
  }
}

/** The one that has waited longest in any of the rows, of those that are as wanted. */
function firstOf(rows: readonly Row[], isWanted: (seat: Seat) => boolean = () => true): Seat | undefined {
  let first: Seat | undefined;
  for (const row of rows) {
    for (const seat of row.seats) {
      if (!isWanted(seat)) continue;
      if (!first || seat.number < first.number) first = seat;
      break;
    }
  }
  return first;
}
