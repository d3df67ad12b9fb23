import { Injectable } from '@nestjs/common';
import { type AuditEntry, giveJobTo, keepJobVariables, recordAudit } from '@crosstie/domain';
import {
  type Decision,
  playJob,
  type PlayRefusal,
  type Result,
  retryJob,
  retryPipeline,
  type RetryRefusal,
} from '@crosstie/pipeline';
import { type GivenVariable, Keyring, sealJobVariables } from '@crosstie/token-vault';

import { type HeldPipeline, PipelineMover } from './pipeline-mover.js';

export type RetryOutcome = 'not_found' | RetryRefusal | { readonly newJobIds: readonly number[] };
export type PlayOutcome = 'not_found' | PlayRefusal | { readonly newJobIds: readonly number[] };

interface Asked<Refusal> {
  readonly pipelineId: number;
  readonly userId: number;
  readonly entry: AuditEntry;
  readonly decide: (held: HeldPipeline) => Result<Decision, Refusal>;
  /** Under the lock, once it was decided that it may be done. */
  readonly also?: (held: HeldPipeline) => Promise<void>;
}

/** Runs jobs at a person's word: finished ones again, with a new row for each new try, and waiting ones now. */
@Injectable()
export class JobRetrier {
  constructor(
    private readonly mover: PipelineMover,
    private readonly keyring: Keyring,
  ) {}

  /** Runs what failed or was cancelled again. */
  retryPipeline(pipelineId: number, userId: number): Promise<RetryOutcome> {
    const entry = { actorId: userId, action: 'pipeline.retried', entityType: 'pipeline', entityId: pipelineId };
    return this.ask({ pipelineId, userId, entry, decide: ({ graph, state }) => retryPipeline(graph, state) });
  }

  /** Runs one finished job again; a row that was retried already is none any more. */
  retryJob(pipelineId: number, jobId: number, userId: number): Promise<RetryOutcome> {
    const entry = { actorId: userId, action: 'job.retried', entityType: 'job', entityId: jobId };
    return this.ask({
      pipelineId,
      userId,
      entry,
      decide: ({ graph, state, jobIds, pipeline }) => retryJob(graph, state, jobIds.indexOf(jobId), pipeline),
    });
  }

  /**
   * Starts a job that waits for a person or its time, as this person and with these variables; one that has
   * ended runs again. The new try's id, or none when the waiting row itself was started.
   */
  playJob(
    pipelineId: number,
    jobId: number,
    userId: number,
    variables: readonly GivenVariable[],
  ): Promise<PlayOutcome> {
    const entry = { actorId: userId, action: 'job.played', entityType: 'job', entityId: jobId };
    return this.ask({
      pipelineId,
      userId,
      entry,
      decide: ({ graph, state, jobIds, pipeline }) => playJob(graph, state, jobIds.indexOf(jobId), pipeline),
      also: async ({ tx, pipeline, jobIds }) => {
        await tx.run(giveJobTo, jobId, userId);
        if (variables.length === 0) return;
        const place = { pipelineId, attempt: pipeline.attempt, index: jobIds.indexOf(jobId) };
        const { keyId, sealed } = sealJobVariables(this.keyring, place, variables);
        await tx.run(keepJobVariables, pipelineId, place.attempt, place.index, keyId, sealed);
      },
    });
  }

  private async ask<Refusal extends { readonly code: string }>(
    asked: Asked<Refusal>,
  ): Promise<'not_found' | Refusal | { readonly newJobIds: readonly number[] }> {
    const outcome = await this.mover.hold(asked.pipelineId, async (held) => {
      const decided = asked.decide(held);
      if (!decided.ok) return { refusal: decided.refusal, written: null };
      await recordAudit(held.tx, asked.entry);
      await asked.also?.(held);
      const written = await this.mover.writeHeld(held, decided.value, asked.userId);
      return { refusal: null, written };
    });
    if (outcome === null) return 'not_found';
    if (outcome.written === null) return outcome.refusal;
    await this.mover.goOn(asked.pipelineId, outcome.written);
    return { newJobIds: outcome.written.newJobIds };
  }
}
