import { Injectable } from '@nestjs/common';
import { type AuditEntry, recordAudit, unqueueJobs } from '@crosstie/domain';
import { cancelJob, cancelPipeline, type CancelRefusal, type Decision, type Result } from '@crosstie/pipeline';

import { type HeldPipeline, PipelineMover } from './pipeline-mover.js';

export type CancelOutcome = 'done' | 'not_found' | CancelRefusal;

/**
 * Stops jobs. They leave the queue before their states are read, so that no runner takes one while
 * it is decided; one that a runner has is asked to stop and ends when the runner answers.
 */
@Injectable()
export class PipelineCanceler {
  constructor(private readonly mover: PipelineMover) {}

  /**
   * Stops what is not finished of a pipeline.
   *
   * @param actorId null: the server itself, because the project cannot be reached any more
   */
  cancel(pipelineId: number, actorId: number | null): Promise<CancelOutcome> {
    const entry = { actorId, action: 'pipeline.canceled', entityType: 'pipeline', entityId: pipelineId };
    return this.decide(pipelineId, null, ({ graph, state }) => cancelPipeline(graph, state), entry);
  }

  /** Stops one job. */
  cancelJob(pipelineId: number, jobId: number, actorId: number): Promise<CancelOutcome> {
    const decide = ({ graph, state, jobIds, pipeline }: HeldPipeline) =>
      cancelJob(graph, state, jobIds.indexOf(jobId), pipeline);
    const entry = { actorId, action: 'job.canceled', entityType: 'job', entityId: jobId };
    return this.decide(pipelineId, [jobId], decide, entry);
  }

  private async decide(
    pipelineId: number,
    jobIds: readonly number[] | null,
    decide: (held: HeldPipeline) => Result<Decision, CancelRefusal>,
    entry: AuditEntry,
  ): Promise<CancelOutcome> {
    const outcome = await this.mover.hold(
      pipelineId,
      async (held) => {
        const decided = decide(held);
        if (!decided.ok) return decided.refusal;
        await recordAudit(held.tx, entry);
        return this.mover.writeHeld(held, decided.value);
      },
      (tx) => tx.run(unqueueJobs, pipelineId, jobIds),
    );
    if (outcome === null) return 'not_found';
    if ('code' in outcome) return outcome;
    await this.mover.goOn(pipelineId, outcome);
    return 'done';
  }
}
