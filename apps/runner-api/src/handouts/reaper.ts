import {
  Database,
  leadReaping,
  moveStranded,
  type ReapedJob,
  reapJobs,
  reapStuck,
  returnUnacknowledged,
  type StuckJob,
} from '@crosstie/domain';
import { Outbox, Wakes } from '@crosstie/messaging';
import { Clock, CrosstieConfig, faultPoint, Logger, metrics, Sweep } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';

import { jobTimeoutDefaultS } from '../payload/payloads.js';
import { finishedEvent } from './finished-event.js';

const jobsMax = 200;
/** Of the queue, in one pass: a million waiting jobs are looked through in four hours. */
const entriesMax = 1_000;
/** What a job may run over its time: the kill takes a while, and the last report is repeated for some minutes. */
const overtimeMarginS = 15 * 60;

/** Runners that spoke while nobody listened come back within that: they try again every half a minute. */
const graceMs = 90_000;

const reaped = metrics.counter('jobs_reaped_total', 'Jobs that were ended because of their runner', ['reason']);
const returned = metrics.counter('jobs_returned_total', 'Hand-outs that nobody acknowledged in time');

/** Ends or puts back jobs whose runners are not heard of any more, and moves waiting ones to where runners look. */
@Injectable()
export class Reaper extends Sweep {
  /** Job ids up to here were looked at in this round through the queue. */
  private lookedUntil = 0;
  private readonly listensSinceMs: number;

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly wakes: Wakes,
    private readonly clock: Clock,
    private readonly config: CrosstieConfig,
    private readonly logger: Logger,
  ) {
    const shortest = Math.min(config.jobAckTimeoutMs, config.runnerSilenceLimitMs);
    const intervalMs = Math.min(15_000, Math.max(250, shortest / 4));
    super({ name: 'reaper', intervalMs, logger });
    this.listensSinceMs = clock.ms();
  }

  /** Nobody counts as silent for a time in which this server was not there to hear. */
  private silentBefore(now: Date): Date {
    const { runnerSilenceLimitMs } = this.config;
    const listens = now.getTime() - this.listensSinceMs >= Math.min(graceMs, runnerSilenceLimitMs);
    return listens ? new Date(now.getTime() - runnerSilenceLimitMs) : new Date(0);
  }

  protected async pass(): Promise<boolean> {
    const now = this.clock.now();
    const before = (ms: number) => new Date(now.getTime() - ms);
    const { jobAckTimeoutMs, jobStuckLimitMs } = this.config;
    const work = await this.database.transaction(async (tx) => {
      if (!(await tx.first(leadReaping))?.leads) return null;
      await faultPoint('reaper.leading');
      const back = await tx.run(returnUnacknowledged, before(jobAckTimeoutMs), jobsMax);
      const limits = [this.silentBefore(now), before(jobAckTimeoutMs), now] as const;
      const ended = await tx.run(reapJobs, ...limits, jobTimeoutDefaultS, overtimeMarginS, jobsMax);
      const moved = await tx.run(moveStranded, jobsMax);
      const stuck = await tx.run(reapStuck, this.lookedUntil, entriesMax, before(jobStuckLimitMs), now);
      this.lookedUntil = stuck[0]?.looked_until ?? 0;
      return { back, ended: [...ended, ...stuck.filter(isEnded)], moved };
    });
    if (!work) return false;
    this.wakes.publish([...work.back, ...work.moved].map((entry) => entry.lane_id));
    this.outbox.publish(work.ended.map(finishedEvent));
    returned.inc(work.back.length);
    for (const job of work.ended) {
      reaped.inc({ reason: job.failure_reason ?? 'canceled' });
      this.logger.warn('a job was ended without its runner', { jobId: job.job_id, reason: job.failure_reason });
    }
    return work.back.length === jobsMax || work.ended.length === jobsMax;
  }
}

function isEnded(job: StuckJob): job is StuckJob & ReapedJob {
  return job.job_id !== null;
}
