import type { ServerResponse } from 'node:http';

import { Database, type LaneWithWork, lanesWithWork } from '@crosstie/domain';
import { Wakes } from '@crosstie/messaging';
import { Logger, Loop } from '@crosstie/platform';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import { type Claim, type Claimant, Claims } from './claims.js';
import type { Connection } from './connection.js';
import { LaneBook } from './lane-book.js';
import { type Waiter, WaitingRoom } from './waiting-room.js';

/** Below the minute after which proxies lose patience. */
const holdMs = 50_000;
const netEveryMs = 5_000;

/** On which terms a runner asks. */
export interface Terms {
  mayWait: boolean;
  /** Asked before it waits: whether it is what it was. Throws Forbidden where its token holds no more. */
  isStillHere: () => Promise<boolean>;
}

/** Answers requests for jobs, and holds those for which there is none. */
@Injectable()
export class JobRequests implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly net: Loop;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly claims: Claims,
    private readonly room: WaitingRoom,
    private readonly lanes: LaneBook,
    private readonly database: Database,
    private readonly wakes: Wakes,
    private readonly logger: Logger,
  ) {
    this.net = new Loop({ name: 'net under lost wakes', intervalMs: netEveryMs, run: () => this.catchLost(), logger });
  }

  onApplicationBootstrap(): void {
    this.unsubscribe = this.wakes.subscribe((laneIds) => this.hear(laneIds));
    this.net.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.unsubscribe?.();
    this.room.close();
    await this.net.stop();
  }

  /** The job for this runner; null when there is none (any more). Throws Forbidden where the runner is no more. */
  async answer(claimant: Claimant, terms: Terms, connection: Connection): Promise<Claim | null> {
    const waiter = terms.mayWait ? await this.enter(claimant) : null;
    if (!waiter) return (await this.claims.next(claimant)) ?? (await this.confirm(terms));
    let claim: Claim | null = null;
    connection.onGone(() => this.room.leave(waiter, false));
    try {
      // Looked for first, then waited: what came between was a wake for this waiter already.
      claim = await this.claims.next(claimant);
      if (claim || !(await terms.isStillHere())) return claim;
      while (!claim && (await waiter.next()) && !connection.isGone()) claim = await this.claims.next(claimant);
      return claim;
    } finally {
      this.room.leave(waiter, claim !== null);
    }
  }

  private async enter(claimant: Claimant): Promise<Waiter | null> {
    return this.room.enter(claimant, await this.lanes.lanesOf(claimant.runner), holdMs);
  }

  private async confirm(terms: Terms): Promise<null> {
    await terms.isStillHere();
    return null;
  }

  /** Back into the queue: the answer cannot be sent. */
  async giveBack(claim: Claim): Promise<void> {
    await this.claims.giveBack(claim.jobId, claim.handout);
  }

  /** Puts the job back at once when the connection ends before the answer has left. */
  watchDelivery(claim: Claim, response: ServerResponse): void {
    response.once('close', () => {
      if (response.writableFinished) return;
      this.giveBack(claim).catch((error: unknown) => {
        this.logger.warn('a job that could not be delivered waits for its time-out', {
          err: error,
          jobId: claim.jobId,
        });
      });
    });
  }

  /** One pass of the net, for tests. */
  catchLostNow(): Promise<void> {
    return this.net.runOnce();
  }

  private hear(laneIds: readonly number[]): void {
    this.claims.heard(laneIds);
    if (!this.lanes.noteLanes(laneIds)) return this.room.wake(laneIds);
    this.moveWaiters().then(
      () => this.room.wake(laneIds),
      (error: unknown) => this.logger.warn('lanes could not be read; the net will', { err: error }),
    );
  }

  // A wake can be lost, and lanes can be made by other processes.
  private async catchLost(): Promise<void> {
    if (this.room.size === 0) return;
    const seen = await this.lookForWork();
    if (!this.lanes.noteLanes([seen.newest])) return this.wakeFor(seen.work);
    await this.moveWaiters();
    this.wakeFor((await this.lookForWork()).work);
  }

  private async lookForWork(): Promise<{ newest: number; work: readonly LaneWithWork[] }> {
    const row = await this.database.first(lanesWithWork, this.room.lanes(), this.room.size);
    return { newest: row?.newest_lane_id ?? 0, work: row?.work ?? [] };
  }

  private wakeFor(work: readonly LaneWithWork[]): void {
    for (const { lane_id: laneId, entries } of work) this.room.wake(Array.from({ length: entries }, () => laneId));
  }

  private async moveWaiters(): Promise<void> {
    const runners = this.room.runners();
    await this.lanes.prepare(runners);
    const lanes = new Map<number, readonly number[]>();
    for (const runner of runners) lanes.set(runner.id, await this.lanes.lanesOf(runner));
    this.room.move(lanes);
  }
}
