import { Injectable } from '@nestjs/common';
import {
  Database,
  lockPipeline,
  type LockedPipeline,
  lookAtPipeline,
  noteJobStarted,
  type PipelineEvent,
  type Queryable,
  readJobStates,
  touchPipeline,
  type Transaction,
  writeAdvance,
} from '@crosstie/domain';
import { Outbox, Wakes } from '@crosstie/messaging';
import { type Decision, type JobStatus, type PipelineGraph, type PipelineState, settle } from '@crosstie/pipeline';
import { Clock, faultPoint } from '@crosstie/platform';

import { Graphs } from './graphs.js';

/** More looks in a row than so many jobs that end at the same moment can cause is a fault. */
const looksMax = 1000;

/** A pipeline under its lock. */
export interface HeldPipeline extends SeenPipelineState {
  readonly tx: Transaction;
}

/** A pipeline at one moment, as the state machine sees it. */
export interface SeenPipelineState {
  readonly tx: Queryable;
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
 * Moves pipelines on: loads statuses, asks the state machine, and writes
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

  /**
   * Moves whatever can move. Answers whether something did.
   *
   * Decides from what it reads without a lock, since mostly nothing follows, and writes only if nobody has moved
   * the pipeline since. Who wrote looks once more: a job may have ended after what it read and before its write,
   * and whoever saw that end may have seen the pipeline as it was before the write.
   */
  async settle(pipelineId: number): Promise<boolean> {
    let hasMoved = false;
    for (let look = 0; look < looksMax; look += 1) {
      const seen = await this.look(pipelineId);
      if (!seen) return hasMoved;
      const decision = settle(seen.graph, seen.state);
      if (decision.changes.length === 0 && decision.pipelineStatus === seen.pipeline.status) return hasMoved;
      const written = await this.write(seen, decision);
      if (!written) continue;
      hasMoved = true;
      await faultPoint('advance.after_commit');
      this.tell(written);
      // Then every job had ended: there is no end to be missed.
      if (isFinished(decision.pipelineStatus)) return true;
    }
    throw new Error(`Pipeline ${pipelineId} is moved by too many at once`);
  }

  /** Notes that a pipeline was looked at, so that the sweep leaves it alone for a while. */
  async touch(pipelineId: number): Promise<void> {
    await this.database.run(touchPipeline, pipelineId, this.clock.now());
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
      const jobs = await tx.run(readJobStates, pipeline.id, pipeline.attempt);
      return work({ tx, pipeline, graph, ...stateOf(graph, jobs) });
    });
  }

  /**
   * Writes a decision; each job moves only from the status that the decision saw. Null, and nothing is written,
   * when the pipeline was moved meanwhile.
   */
  private async write(seen: SeenPipelineState, decision: Decision, isCancel = false): Promise<Written | null> {
    await faultPoint('advance.before_commit');
    const [written] = await seen.tx.run(
      writeAdvance,
      seen.pipeline.id,
      decision.pipelineStatus,
      this.clock.now(),
      decision.changes.map((change) => seen.jobIds[change.index] ?? 0),
      decision.changes.map((change) => seen.state[change.index]?.status ?? 'created'),
      decision.changes.map((change) => change.status),
      isCancel,
      seen.pipeline.version,
    );
    return written ?? null;
  }

  /** Writes a decision under the lock. */
  async writeHeld(held: HeldPipeline, decision: Decision, isCancel = false): Promise<Written> {
    const written = await this.write(held, decision, isCancel);
    if (!written) throw new Error(`Pipeline ${held.pipeline.id} was moved under its lock`);
    return written;
  }

  /** Tells after the commit what was written, and looks once more, as `settle` does. */
  async goOn(pipelineId: number, written: Written): Promise<void> {
    this.tell(written);
    await this.settle(pipelineId);
  }

  private tell({ event, laneIds }: Written): void {
    if (event) this.outbox.publish([event]);
    this.wakes.publish(laneIds);
  }

  private async look(pipelineId: number): Promise<SeenPipelineState | null> {
    const row = await this.database.first(lookAtPipeline, pipelineId, this.graphs.attemptOf(pipelineId));
    const graph = row && (await this.graphs.of(this.database, pipelineId, row.attempt, row.graph));
    if (!row || !graph) return null;
    const [statuses, exitCodes] = [row.statuses.split(','), row.exitCodes.split(',')];
    const jobs = row.jobIds.map((id, place) => ({
      id,
      index: row.indexes[place] ?? -1,
      status: statuses[place] ?? '',
      exitCode: exitCodes[place] ? Number(exitCodes[place]) : null,
    }));
    return { tx: this.database, pipeline: row, graph, ...stateOf(graph, jobs) };
  }
}

/** What has to happen under the lock before the states are read. */
export type Preparation = (tx: Transaction) => Promise<unknown>;

function isFinished(status: string): boolean {
  return status === 'success' || status === 'failed' || status === 'canceled' || status === 'skipped';
}

interface JobRow {
  id: number;
  index: number;
  status: string;
  exitCode: number | null;
}

function stateOf(graph: PipelineGraph, rows: readonly JobRow[]): { state: PipelineState; jobIds: number[] } {
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  return {
    jobIds: graph.jobs.map((_, index) => byIndex.get(index)?.id ?? 0),
    state: graph.jobs.map((_, index) => {
      const row = byIndex.get(index);
      return { status: (row?.status ?? 'created') as JobStatus, exitCode: row?.exitCode ?? null };
    }),
  };
}
