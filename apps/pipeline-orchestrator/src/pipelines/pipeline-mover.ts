import { Injectable } from '@nestjs/common';
import {
  Database,
  lockPipeline,
  type LockedPipeline,
  noteJobStarted,
  type PipelineEvent,
  readJobStates,
  touchPipeline,
  type Transaction,
  writeAdvance,
} from '@crosstie/domain';
import { Outbox, Wakes } from '@crosstie/messaging';
import { type Decision, type JobStatus, type PipelineGraph, type PipelineState, settle } from '@crosstie/pipeline';
import { Clock, faultPoint } from '@crosstie/platform';

import { Graphs } from './graphs.js';

/** A pipeline under its lock, as the state machine sees it. */
export interface HeldPipeline {
  readonly tx: Transaction;
  readonly pipeline: LockedPipeline;
  readonly graph: PipelineGraph;
  readonly state: PipelineState;
  /** The id of each job's latest row, by its index. */
  readonly jobIds: readonly number[];
}

/** What is to be told after the commit. */
export interface Written {
  readonly event: PipelineEvent | null;
  readonly laneIds: readonly number[];
}

/**
 * Moves pipelines on: loads statuses under the pipeline's lock, asks the state machine, and writes
 * what it says. What moves follows from the rows alone, so an event that comes twice, late or never
 * does no harm: whoever looks next moves what should have moved.
 */
@Injectable()
export class PipelineMover {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly wakes: Wakes,
    private readonly clock: Clock,
    private readonly graphs: Graphs,
  ) {}

  /** Moves whatever can move. Answers whether something did. */
  async settle(pipelineId: number): Promise<boolean> {
    const moved = await this.hold(pipelineId, async (held) => {
      const decision = settle(held.graph, held.state);
      const isSame = decision.changes.length === 0 && decision.pipelineStatus === held.pipeline.status;
      if (isSame) {
        await held.tx.run(touchPipeline, pipelineId, this.clock.now());
        return null;
      }
      return this.write(held, decision);
    });
    await faultPoint('advance.after_commit');
    if (moved) this.tell(moved);
    return moved !== null;
  }

  /** A job has begun: its pipeline runs. Needs no lock, since nothing else can follow from it. */
  async jobStarted(pipelineId: number, jobId: number): Promise<void> {
    this.outbox.publish(await this.database.run(noteJobStarted, pipelineId, jobId, this.clock.now()));
  }

  /** Runs `work` with the pipeline locked. Null when it has no jobs or does not exist. */
  async hold<T>(
    pipelineId: number,
    work: (held: HeldPipeline) => Promise<T>,
    prepare?: Preparation,
  ): Promise<T | null> {
    return this.database.transaction(async (tx) => {
      const pipeline = await tx.first(lockPipeline, pipelineId);
      const graph = pipeline && (await this.graphs.of(tx, pipelineId, pipeline.attempt));
      if (!pipeline || !graph) return null;
      await prepare?.(tx);
      const { state, jobIds } = await readState(tx, pipeline, graph);
      return work({ tx, pipeline, graph, state, jobIds });
    });
  }

  /** Writes a decision; each job moves only from the status that the decision saw. */
  async write(held: HeldPipeline, decision: Decision, isCancel = false): Promise<Written> {
    const [written] = await held.tx.run(
      writeAdvance,
      held.pipeline.id,
      decision.pipelineStatus,
      this.clock.now(),
      decision.changes.map((change) => held.jobIds[change.index] ?? 0),
      decision.changes.map((change) => held.state[change.index]?.status ?? 'created'),
      decision.changes.map((change) => change.status),
      isCancel,
    );
    return { event: written?.event ?? null, laneIds: written?.laneIds ?? [] };
  }

  /** Tells after the commit what was written. */
  tell({ event, laneIds }: Written): void {
    if (event) this.outbox.publish([event]);
    this.wakes.publish(laneIds);
  }
}

/** What has to happen under the lock before the states are read. */
export type Preparation = (tx: Transaction) => Promise<unknown>;

async function readState(
  tx: Transaction,
  pipeline: LockedPipeline,
  graph: PipelineGraph,
): Promise<{ state: PipelineState; jobIds: number[] }> {
  const rows = await tx.run(readJobStates, pipeline.id, pipeline.attempt);
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  return {
    jobIds: graph.jobs.map((_, index) => byIndex.get(index)?.id ?? 0),
    state: graph.jobs.map((_, index) => {
      const row = byIndex.get(index);
      return { status: (row?.status ?? 'created') as JobStatus, exitCode: row?.exitCode ?? null };
    }),
  };
}
