import { Injectable } from '@nestjs/common';
import {
  Database,
  lockPipeline,
  type LockedPipeline,
  lookAtPipeline,
  noteJobStarted,
  passFailures,
  type PipelineEvent,
  type Queryable,
  readJobStates,
  renewJobs,
  retireJobs,
  touchPipeline,
  type Transaction,
  writeAdvance,
} from '@crosstie/domain';
import { Outbox, Wakes } from '@crosstie/messaging';
import { type Decision, type PipelineGraph, type PipelineState, settle } from '@crosstie/pipeline';
import { Clock, faultPoint } from '@crosstie/platform';

import { Graphs } from './graphs.js';
import { statesOf } from './job-states.js';
import { Resources } from './resources.js';

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

/** Written under the lock: the rows of new tries, in the order of the decision. */
export interface HeldWritten extends Written {
  readonly newJobIds: readonly number[];
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
    private readonly resources: Resources,
  ) {}

  /**
   * Moves whatever can move. Answers whether something did.
   *
   * Decides from what it reads without a lock, since mostly nothing follows, and writes only if nobody has moved
   * the pipeline since. Who wrote looks once more: a job may have ended after what it read and before its write,
   * and whoever saw that end may have seen the pipeline as it was before the write.
   */
  async settle(pipelineId: number): Promise<boolean> {
    const { hasMoved, seen } = await this.move(pipelineId);
    if (!seen?.graph.jobs.some((job) => job.usesResource)) return hasMoved;
    for (const served of await this.resources.serve(pipelineId, seen.pipeline.attempt)) {
      if (served !== pipelineId) await this.settle(served);
      else await this.move(served);
    }
    return hasMoved;
  }

  private async move(pipelineId: number): Promise<{ hasMoved: boolean; seen: SeenPipelineState | null }> {
    let hasMoved = false;
    for (let look = 0; look < looksMax; look += 1) {
      const seen = await this.look(pipelineId);
      if (!seen) return { hasMoved, seen };
      const decision = settle(seen.graph, seen.state, seen.pipeline);
      if (changesNothing(decision, seen.pipeline)) return { hasMoved, seen };
      // New rows for new tries are made under the lock, in the place of the old ones.
      const written = decision.renew.length > 0 ? await this.settleHeld(pipelineId) : await this.write(seen, decision);
      if (!written) continue;
      hasMoved = true;
      await faultPoint('advance.after_commit');
      this.tell(written);
      // Then every job had ended: there is no end to be missed.
      if (isFinished(decision.pipelineStatus)) return { hasMoved, seen };
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
      return work(await this.read({ tx, pipeline, graph }));
    });
  }

  /** The states of a locked pipeline's jobs as they are now. */
  async read({ tx, pipeline, graph }: Pick<HeldPipeline, 'tx' | 'pipeline' | 'graph'>): Promise<HeldPipeline> {
    const jobs = await tx.run(readJobStates, pipeline.id, pipeline.attempt, this.clock.now());
    return { tx, pipeline, graph, ...statesOf(graph, jobs) };
  }

  private settleHeld(pipelineId: number): Promise<Written | null> {
    return this.hold(pipelineId, async (held) => {
      const decision = settle(held.graph, held.state, held.pipeline);
      return changesNothing(decision, held.pipeline) ? null : this.writeHeld(held, decision);
    });
  }

  /**
   * Writes a decision; each job moves only from the status that the decision saw. Null, and nothing is written,
   * when the pipeline was moved meanwhile.
   */
  private async write(seen: SeenPipelineState, decision: Decision): Promise<Written | null> {
    await faultPoint('advance.before_commit');
    const now = this.clock.now();
    const [written] = await seen.tx.run(
      writeAdvance,
      seen.pipeline.id,
      decision.pipelineStatus,
      now,
      decision.changes.map((change) => seen.jobIds[change.index] ?? 0),
      decision.changes.map((change) => seen.state[change.index]?.status ?? 'created'),
      decision.changes.map((change) => change.status),
      decision.mark,
      seen.pipeline.version,
      startsAt(seen.graph, decision, now),
      decision.forgive.map((index) => seen.jobIds[index] ?? 0),
    );
    return written ?? null;
  }

  /**
   * Writes a decision under the lock, with a new row for each new try.
   *
   * @param userId whose rights the new tries have; null: those of the tries before
   */
  async writeHeld(held: HeldPipeline, decision: Decision, userId: number | null = null): Promise<HeldWritten> {
    const renewed = decision.renew.length > 0 ? await this.renew(held, decision.renew, userId) : held;
    const written = await this.write(renewed, decision);
    if (!written) throw new Error(`Pipeline ${held.pipeline.id} was moved under its lock`);
    if (decision.mark === 'resumed') await held.tx.run(passFailures, held.pipeline.id, held.pipeline.attempt);
    return { ...written, newJobIds: decision.renew.map((index) => renewed.jobIds[index] ?? 0) };
  }

  private async renew(held: HeldPipeline, renew: readonly number[], userId: number | null): Promise<HeldPipeline> {
    const old = renew.map((index) => held.jobIds[index] ?? 0);
    const mayFail = renew.map((index) => held.graph.jobs[index]?.allowFailure === true);
    await held.tx.run(retireJobs, old);
    const made = await held.tx.run(renewJobs, old, mayFail, userId, this.clock.now());
    const newIds = new Map(made.map((job) => [job.index, job.id]));
    return {
      ...held,
      jobIds: held.jobIds.map((id, index) => newIds.get(index) ?? id),
      state: held.state.map((job, index) => (newIds.has(index) ? { status: 'created', exitCode: null } : job)),
    };
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
    const known = this.graphs.attemptOf(pipelineId);
    const row = await this.database.first(lookAtPipeline, pipelineId, known, this.clock.now());
    const graph = row && (await this.graphs.of(this.database, pipelineId, row.attempt, row.graph));
    if (!row || !graph) return null;
    const [statuses, details] = [row.statuses.split(','), row.details.split('\n')];
    const jobs = row.jobIds.map((id, place) => ({
      id,
      index: row.indexes[place] ?? -1,
      status: statuses[place] ?? '',
      detail: details[place] ?? '',
    }));
    return { tx: this.database, pipeline: row, graph, ...statesOf(graph, jobs) };
  }
}

/** What has to happen under the lock before the states are read. */
export type Preparation = (tx: Transaction) => Promise<unknown>;

function isFinished(status: string): boolean {
  return status === 'success' || status === 'failed' || status === 'canceled' || status === 'skipped';
}

function changesNothing(decision: Decision, pipeline: LockedPipeline): boolean {
  return decision.changes.length === 0 && decision.forgive.length === 0 && decision.pipelineStatus === pipeline.status;
}

/** When the delayed jobs among the changes start; empty, as nearly always, when there are none. */
function startsAt(graph: PipelineGraph, { changes }: Decision, now: Date): (Date | null)[] {
  if (!changes.some((change) => change.status === 'scheduled')) return [];
  return changes.map(({ index }) => new Date(now.getTime() + (graph.jobs[index]?.startInS ?? 0) * 1000));
}
