import { Injectable } from '@nestjs/common';
import {
  Database,
  noteAutoCanceled,
  recordAudit,
  redundantPipelines,
  startedJobs,
  unqueueJobs,
} from '@crosstie/domain';
import { cancelRedundant } from '@crosstie/pipeline';

import { type HeldPipeline, PipelineMover } from './pipeline-mover.js';

/** Ends what a newer pipeline of the same branch has made redundant (`ci-language.md` 6.8). */
@Injectable()
export class RedundantPipelines {
  constructor(
    private readonly database: Database,
    private readonly mover: PipelineMover,
  ) {}

  /** Ends the older ones, each as its own configuration allows. May be asked twice. */
  async endOlderThan(pipelineId: number): Promise<void> {
    for (const { id } of await this.database.run(redundantPipelines, pipelineId)) await this.end(id, pipelineId);
  }

  private async end(pipelineId: number, newerId: number): Promise<void> {
    const written = await this.mover.hold(pipelineId, async (held) => {
      const first = await this.decide(held);
      if (!first.ok) return null;
      // Out of the queue before it is decided for good, so that no runner takes one meanwhile.
      const chosen = first.value.unqueue.map((index) => held.jobIds[index] ?? 0);
      await held.tx.run(unqueueJobs, pipelineId, chosen);
      const again = await this.mover.read(held);
      const decided = await this.decide(again);
      if (!decided.ok) throw new Error(`Pipeline ${pipelineId} went on while it was being ended`);
      const entry = { actorId: null, action: 'pipeline.auto_canceled', entityType: 'pipeline', entityId: pipelineId };
      await recordAudit(held.tx, entry);
      await held.tx.run(noteAutoCanceled, pipelineId, newerId);
      return this.mover.writeHeld(again, decided.value);
    });
    if (written) await this.mover.goOn(pipelineId, written);
  }

  private async decide({ tx, pipeline, graph, state }: HeldPipeline) {
    const started = await tx.run(startedJobs, pipeline.id, pipeline.attempt);
    const indexes = started.map((job) => job.index);
    return cancelRedundant(graph, state, indexes, pipeline);
  }
}
