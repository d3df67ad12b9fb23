import { Injectable } from '@nestjs/common';
import { type AuditEntry, recordAudit, renewJobs, retireJobs } from '@crosstie/domain';
import { type Decision, type Result, retryJob, retryPipeline, type RetryRefusal } from '@crosstie/pipeline';
import { Clock } from '@crosstie/platform';

import { type HeldPipeline, PipelineMover } from './pipeline-mover.js';

export type RetryOutcome = 'not_found' | RetryRefusal | { readonly newJobIds: readonly number[] };

/** Runs jobs again: a new row for each new try, in the name of who asked for it. */
@Injectable()
export class JobRetrier {
  constructor(
    private readonly mover: PipelineMover,
    private readonly clock: Clock,
  ) {}

  /** Runs what failed or was cancelled again. */
  retryPipeline(pipelineId: number, userId: number): Promise<RetryOutcome> {
    const entry = { actorId: userId, action: 'pipeline.retried', entityType: 'pipeline', entityId: pipelineId };
    return this.decide(pipelineId, userId, ({ graph, state }) => retryPipeline(graph, state), entry);
  }

  /** Runs one finished job again; a row that was retried already is none any more. */
  retryJob(pipelineId: number, jobId: number, userId: number): Promise<RetryOutcome> {
    const decide = ({ graph, state, jobIds }: HeldPipeline) => retryJob(graph, state, jobIds.indexOf(jobId));
    const entry = { actorId: userId, action: 'job.retried', entityType: 'job', entityId: jobId };
    return this.decide(pipelineId, userId, decide, entry);
  }

  private async decide(
    pipelineId: number,
    userId: number,
    decide: (held: HeldPipeline) => Result<Decision, RetryRefusal>,
    entry: AuditEntry,
  ): Promise<RetryOutcome> {
    const outcome = await this.mover.hold(pipelineId, async (held) => {
      const decided = decide(held);
      if (!decided.ok) return decided.refusal;
      await recordAudit(held.tx, entry);
      return this.renew(held, decided.value, userId);
    });
    if (outcome === null) return 'not_found';
    if ('code' in outcome) return outcome;
    await this.mover.goOn(pipelineId, outcome.written);
    return { newJobIds: outcome.newJobIds };
  }

  private async renew(held: HeldPipeline, decision: Decision, userId: number) {
    const old = decision.renew.map((index) => held.jobIds[index] ?? 0);
    await held.tx.run(retireJobs, old);
    const made = await held.tx.run(renewJobs, old, userId, this.clock.now());
    const newIds = new Map(made.map((job) => [job.index, job.id]));
    const written = await this.mover.writeHeld(
      {
        ...held,
        jobIds: held.jobIds.map((id, index) => newIds.get(index) ?? id),
        state: held.state.map((job, index) => (newIds.has(index) ? { status: 'created', exitCode: null } : job)),
      },
      decision,
    );
    return { written, newJobIds: decision.renew.map((index) => newIds.get(index) ?? 0) };
  }
}
