import { Injectable } from '@nestjs/common';
import {
  Database,
  insertPipeline,
  installationNewsOpen,
  type NumberedPushTarget,
  numberPushTarget,
  type ParametersOf,
  postponeDelivery,
  recordAudit,
  type PushTarget,
  settleDelivery,
  type StoredDelivery,
  type ToldPipeline,
} from '@crosstie/domain';
import { Outbox, Wakes } from '@crosstie/messaging';
import { explainPipelineReason } from '@crosstie/pipeline';
import { Clock, faultPoint, reached } from '@crosstie/platform';

import { cleanText } from './clean-text.js';
import { earlyReason } from './early-reason.js';
import { lagDelayMs, lagMsMax } from './github-waits.js';
import { WrongShape } from './payload-shape.js';
import { People } from './people.js';
import { isProtectedBranch, type Made, PipelineMaker, type Ready, type Refused } from './pipeline-maker.js';
import { noRows } from './pipeline-rows.js';
import { type PushPayload, readPush } from './push-payload.js';
import { readBody } from './read-body.js';

/**
 * Takes in one push: exactly one pipeline for (delivery, project), or the reason why there is none.
 *
 * A delivery is received, then done, or waits with the moment at which it goes on. Everything may
 * happen twice: what is stored is stored by one statement that settles the delivery, and whoever
 * comes second stores nothing. GitHub is waited for in rows, never in a held event.
 */
@Injectable()
export class PushIntake {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly wakes: Wakes,
    private readonly clock: Clock,
    private readonly people: People,
    private readonly maker: PipelineMaker,
  ) {}

  /** Does what is to be done about an open delivery now. */
  async take(delivery: StoredDelivery): Promise<void> {
    const push = await this.read(delivery);
    if (typeof push === 'string') return this.settle(delivery, null, { reason: 'malformed', detail: push });
    const target = await this.database.first(numberPushTarget, delivery.host, push.repositoryId);
    const early = earlyReason(delivery, push, target, this.clock.now());
    if (early?.reason === 'not_a_project' && (await this.maybeStill(delivery))) return;
    if (early) return this.settle(delivery, target, early);
    reached('intake.read');
    // No reason but a missing project lets a push pass without a target.
    if (target) await this.store(delivery, push, target, await this.make(delivery, push, target));
  }

  private async read(delivery: StoredDelivery): Promise<PushPayload | string> {
    const body = await readBody(delivery.body, delivery.bodySize);
    if (!body.ok) return body.problem;
    try {
      return readPush(body.value);
    } catch (error) {
      if (error instanceof WrongShape) return error.message;
      throw error;
    }
  }

  private make(delivery: StoredDelivery, push: PushPayload, target: NumberedPushTarget): Promise<Made> {
    return this.maker.make({
      target,
      pipelineId: target.nextPipelineId,
      guid: delivery.guid,
      branch: push.name,
      sha: push.after,
      before: push.before,
      named: push,
      commit: push.commit,
      at: this.clock.now(),
      waiting: this.waitingOf(delivery),
      judge: () => this.people.judge(delivery.host, push.sender, target),
    });
  }

  /** The news that make it a project may have been overtaken by the push. */
  private async maybeStill(delivery: StoredDelivery): Promise<boolean> {
    const since = new Date(this.clock.ms() - lagMsMax);
    const delayMs = lagDelayMs(this.waitingOf(delivery));
    if (delayMs === null || !(await this.database.first(installationNewsOpen, delivery.host, since))) return false;
    await this.postpone(delivery, null, delayMs, 'waiting for news of the installation');
    return true;
  }

  private async store(
    delivery: StoredDelivery,
    push: PushPayload,
    target: NumberedPushTarget,
    made: Made,
  ): Promise<void> {
    switch (made.kind) {
      case 'later':
        return this.postpone(delivery, target, made.delayMs, made.why);
      case 'none':
        return this.settle(delivery, target, made);
      case 'refused':
      case 'ready':
        return this.insert(delivery, push, target, made);
    }
  }

  private async insert(
    delivery: StoredDelivery,
    push: PushPayload,
    target: NumberedPushTarget,
    made: Refused | Ready,
  ): Promise<void> {
    await faultPoint('intake.before_insert');
    const told = await this.database.run(insertPipeline, ...insertParameters(delivery, push, target, made, this.clock));
    await faultPoint('intake.after_insert');
    reached('intake.stored');
    this.tell(told);
  }

  private tell(told: readonly ToldPipeline[]): void {
    this.outbox.publish(told);
    this.wakes.publish(told.flatMap((event) => event.laneIds));
  }

  private async settle(
    delivery: StoredDelivery,
    target: PushTarget | null,
    why: { reason: string; detail: string | null; isAlarming?: boolean },
  ): Promise<void> {
    const detail = why.detail === null ? null : cleanText(why.detail, 1024);
    const settled = [delivery.id, why.reason, detail, target?.projectId ?? null, this.clock.now()] as const;
    if (!why.isAlarming) {
      await this.database.run(settleDelivery, ...settled);
      return;
    }
    const details = { reason: why.reason, why: detail };
    const entry = { actorId: null, action: 'delivery.suspect', entityType: 'delivery', entityId: delivery.id, details };
    await this.database.transaction(async (tx) => {
      if (await tx.first(settleDelivery, ...settled)) await recordAudit(tx, entry);
    });
  }

  private async postpone(
    delivery: StoredDelivery,
    target: PushTarget | null,
    delayMs: number,
    why: string,
  ): Promise<void> {
    const resumeAt = new Date(this.clock.ms() + delayMs);
    await this.database.run(postponeDelivery, delivery.id, resumeAt, why, target?.projectId ?? null);
  }

  private waitingOf(delivery: StoredDelivery): { attempts: number; sinceMs: number } {
    return { attempts: delivery.attempts, sinceMs: this.clock.ms() - delivery.receivedAt.getTime() };
  }
}

type InsertParameters = ParametersOf<typeof insertPipeline>;

function insertParameters(
  delivery: StoredDelivery,
  push: PushPayload,
  target: NumberedPushTarget,
  made: Refused | Ready,
  clock: Clock,
): InsertParameters {
  const login = push.sender?.login ?? null;
  const why = made.kind === 'refused' ? made : null;
  const rows = made.kind === 'ready' ? made.rows : noRows;
  return [
    target.nextPipelineId,
    delivery.id,
    target.projectId,
    push.after,
    push.before,
    push.name,
    isProtectedBranch(target, push.name),
    rows.status,
    why?.reason ?? null,
    why && cleanText(explainPipelineReason(why.reason, { login, detail: why.detail }), 4096),
    why?.yamlErrors ?? null,
    made.kind === 'ready' ? made.name : null,
    made.userId,
    push.sender?.id ?? null,
    login,
    JSON.stringify(push.commit ?? {}),
    delivery.recovered,
    clock.now(),
    rows.parts,
    rows.bodies,
    rows.indexes,
    rows.names,
    rows.stages,
    rows.stageIndexes,
    rows.statuses,
    rows.allowFailures,
    made.kind === 'ready' ? made.laneIds : [],
    rows.timeoutsS,
    rows.startsInS,
    rows.resourceGroups,
    ...rows.environments,
  ];
}
