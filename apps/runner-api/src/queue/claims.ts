import { claimJob, type ClaimedJob, Database, failHandout, LaneMarks, returnJob, tokenHash } from '@crosstie/domain';
import { Outbox, type StoredEvent, Wakes } from '@crosstie/messaging';
import type { JobReason } from '@crosstie/pipeline';
import { Clock, ConnectionDropped, FaultInjected, faultPoint, Logger, reached } from '@crosstie/platform';
import { TokenRefused } from '@crosstie/token-vault';
import { Injectable } from '@nestjs/common';

import { finishedEvent } from '../handouts/finished-event.js';
import { DependencyMissing } from '../payload/dependency-missing.js';
import type { JobPayload } from '../payload/job-payload.js';
import { missingFeature } from '../payload/missing-feature.js';
import { Payloads } from '../payload/payloads.js';
import type { KnownRunner } from '../runners/runner-auth.js';
import { newJobToken } from '../runners/tokens.js';
import { JobSecrets } from '../traces/job-secrets.js';
import { noteToLog } from '../traces/note-to-log.js';
import { LaneBook } from './lane-book.js';

// More entries in a row that nobody may run are left for the next request.
const staleEntriesMax = 20;

export interface Claim {
  jobId: number;
  handout: number;
  payload: JobPayload;
}

export interface Claimant {
  runner: KnownRunner;
  managerId: number;
  /** What it says it can. */
  features: ReadonlySet<string>;
}

/** Takes jobs out of the queue for runners, with all that a runner needs to run them. */
@Injectable()
export class Claims {
  private readonly marks = new LaneMarks();

  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly wakes: Wakes,
    private readonly lanes: LaneBook,
    private readonly payloads: Payloads,
    private readonly secrets: JobSecrets,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** The next job that this runner may run, or null. A job whose code cannot be had is failed or put back. */
  async next(claimant: Claimant): Promise<Claim | null> {
    for (let stale = 0; stale < staleEntriesMax; stale += 1) {
      const token = newJobToken();
      const job = await this.take(claimant, token);
      if (!job) return null;
      if (!job.given) continue;
      await faultPoint('claim.after_commit');
      const payload = await this.prepare(job, claimant, token);
      if (payload === 'failed') continue;
      reached('claim.ready');
      return payload && { jobId: job.job_id, handout: job.handout, payload };
    }
    return null;
  }

  /** Puts a hand-out back whose answer did not reach its runner, and wakes another one for it. */
  async giveBack(jobId: number, handout: number): Promise<void> {
    const returned = await this.database.run(returnJob, jobId, handout);
    this.wakes.publish(returned.map((entry) => entry.lane_id));
  }

  /** Something was queued in these lanes. */
  heard(laneIds: readonly number[]): void {
    this.marks.lower(laneIds);
  }

  private async take(claimant: Claimant, token: string): Promise<ClaimedJob | null> {
    const { runner, managerId, features } = claimant;
    // Those that acknowledge do so by their first PUT.
    const acknowledges = features.has('two_phase_job_commit');
    const laneIds = await this.lanes.lanesOf(runner);
    if (laneIds.length === 0) return null;
    const who = [runner.id, runner.tokenHash, runner.version] as const;
    const given = [managerId, tokenHash(token), acknowledges, this.clock.now()] as const;
    const begin = this.marks.begin(laneIds);
    reached('claim.begun');
    const job = await this.database.first(claimJob, ...who, laneIds, ...given, begin.ranks);
    if (!job) return null;
    reached('claim.taken');
    this.marks.note(laneIds, begin, job.lane_id, job.rank);
    this.outbox.publish([toldBy(job)]);
    return job;
  }

  // Nothing from here on may be answered 5xx: the runner would repeat the request and be given a second job.
  private async prepare(job: ClaimedJob, claimant: Claimant, token: string): Promise<JobPayload | 'failed' | null> {
    try {
      const payload = await this.payloads.build(job, claimant.runner, token);
      const missing = missingFeature(payload, claimant.features);
      if (missing !== null) {
        await this.fail(job, `the runner is too old for ${missing}.`, 'runner_unsupported');
        return 'failed';
      }
      await this.secrets.noteGiven(job.handout, tokenHash(token), payload);
      return payload;
    } catch (error) {
      if (error instanceof FaultInjected || error instanceof ConnectionDropped) throw error;
      if (error instanceof TokenRefused && !error.retryable) {
        // No reason that is tried again by itself: the same person would be refused again.
        await this.fail(job, error.message, 'unmet_prerequisites');
        return 'failed';
      }
      if (error instanceof DependencyMissing) {
        await this.fail(job, error.message, 'missing_dependency_failure');
        return 'failed';
      }
      this.logger.warn('a job was put back: it could not be made ready', { err: error, jobId: job.job_id });
      // Without a wake: the same would happen at once. The net finds the entry in a few seconds.
      await this.database.run(returnJob, job.job_id, job.handout);
      return null;
    }
  }

  private async fail(job: ClaimedJob, why: string, reason: JobReason): Promise<void> {
    this.logger.info('a job was failed: it cannot be given to its runner', { jobId: job.job_id, why });
    await noteToLog(this.database, job.job_id, `This job could not be given to a runner: ${why}\n`, this.clock.now());
    const { job_id: jobId, handout } = job;
    const end = await this.database.first(failHandout, jobId, handout, reason, this.clock.now());
    if (end) this.outbox.publish([finishedEvent(end)]);
  }
}

function startOf({ job_id: jobId, pipeline_id: pipelineId, pipeline_status: pipelineStatus }: ClaimedJob) {
  return { jobId, pipelineId, pipelineStatus };
}

function toldBy(job: ClaimedJob): StoredEvent {
  const told = { id: job.outbox_id, eventId: job.event_id };
  return job.given
    ? { ...told, type: 'job.started', payload: startOf(job) }
    : { ...told, type: 'project.changed', payload: { projectId: job.project_id } };
}
