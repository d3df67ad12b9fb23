import { Database, finishJob, keepJob, resetTrace } from '@crosstie/domain';
import { Outbox } from '@crosstie/messaging';
import { Clock, CrosstieConfig, faultPoint, Logger } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { finishedEvent } from './finished-event.js';
import { firstIntervalS, updateIntervalS } from './job-address.js';
import { JobAuth, type JobCredential } from './job-auth.js';
import type { JobUpdate } from './job-update-body.js';

export interface UpdateOutcome {
  /** 412: send the log again from its start, then the end again. */
  answer: 200 | 412;
  status: string;
  /** When its runner shall send again, in seconds. */
  intervalS: number;
}

const signOfLifeMs = 30_000;
const overtakenMax = 3;
const resetsRemembered = 10_000;

/** How old the last sign of life must be for another one to be written. */
export function signOfLifeBefore(clock: Clock, config: CrosstieConfig): Date {
  return new Date(clock.ms() - Math.min(signOfLifeMs, config.runnerSilenceLimitMs / 4));
}

/** Takes what runners tell of their jobs: that they begin, that they live, how they ended. */
@Injectable()
export class JobUpdates {
  /** Hand-outs that were told once to send their log again: a second time would be a loop. */
  private readonly resets = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly auth: JobAuth,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly config: CrosstieConfig,
    private readonly logger: Logger,
  ) {}

  /** Throws NotYourJob for any token but the one of a hand-out that runs, and after the end. */
  async take(
    request: FastifyRequest,
    jobId: number,
    credential: JobCredential,
    update: JobUpdate,
  ): Promise<UpdateOutcome> {
    return update.state === 'running'
      ? this.keep(request, jobId, credential)
      : this.finish(request, jobId, credential, update);
  }

  private async keep(request: FastifyRequest, jobId: number, credential: JobCredential): Promise<UpdateOutcome> {
    for (let attempt = 0; attempt < overtakenMax; attempt += 1) {
      const before = signOfLifeBefore(this.clock, this.config);
      const kept = await this.database.first(keepJob, jobId, credential.tokenHash, this.clock.now(), before);
      if (!kept) break;
      if (kept.overtaken) continue;
      if (kept.status === 'running' || kept.status === 'canceling') {
        // What a job begins with is soon looked at; from then on it is as often as somebody reads along.
        const intervalS = kept.first ? firstIntervalS : updateIntervalS(kept.watched_until, this.clock);
        return { answer: 200, status: kept.status, intervalS };
      }
      break;
    }
    const job = await this.auth.explain(request, credential, jobId);
    return { answer: 200, status: job.status, intervalS: firstIntervalS };
  }

  private async finish(
    request: FastifyRequest,
    jobId: number,
    credential: JobCredential,
    update: JobUpdate,
  ): Promise<UpdateOutcome> {
    const done = await this.end(jobId, credential, update, false);
    if (done) return done;
    const job = await this.auth.explain(request, credential, jobId);
    // It runs, so it is the log that does not fit: a piece was lost when the database broke down, or altered on its way.
    const key = `${jobId}/${job.handout}`;
    if (update.canResend && !this.resets.has(key)) {
      if (this.resets.size >= resetsRemembered) this.resets.clear();
      this.resets.add(key);
      await this.database.run(resetTrace, jobId, credential.tokenHash);
      this.logger.warn('a log is not what its runner says; it is sent again', { jobId });
      return { answer: 412, status: job.status, intervalS: firstIntervalS };
    }
    this.logger.warn('a log is not what its runner says; it is kept as it is', { jobId });
    const forced = await this.end(jobId, credential, update, true);
    if (forced) return forced;
    const { status } = await this.auth.explain(request, credential, jobId);
    return { answer: 200, status, intervalS: firstIntervalS };
  }

  private async end(
    jobId: number,
    { tokenHash }: JobCredential,
    update: JobUpdate,
    anyLog: boolean,
  ): Promise<UpdateOutcome | null> {
    const { state, failureReason, exitCode, checksum, bytesize } = update;
    const crc = checksum === '' ? null : Number.parseInt(checksum.slice('crc32:'.length), 16);
    const how = [state, failureReason, exitCode, this.clock.now(), checksum, bytesize, crc, anyLog] as const;
    const end = await this.database.first(finishJob, jobId, tokenHash, ...how);
    if (!end) return null;
    this.outbox.publish([finishedEvent(end)]);
    await faultPoint('finish.after_commit');
    return { answer: 200, status: end.status, intervalS: firstIntervalS };
  }
}
