import { Injectable } from '@nestjs/common';
import type { Actor } from '@crosstie/access';
import { Database, findPushTarget, type PushTarget, type RefusedPipeline, startNextAttempt } from '@crosstie/domain';
import { Outbox, Wakes } from '@crosstie/messaging';
import { explainDeliveryReason, explainPipelineReason } from '@crosstie/pipeline';
import { Clock, Conflict, Unavailable } from '@crosstie/platform';

import { lagMsMax } from '../intake/github-waits.js';
import { isProtectedBranch, type Made, PipelineMaker, type Ready, type Refused } from '../intake/pipeline-maker.js';
import { noRows } from '../intake/pipeline-rows.js';

/** Tries a refused pipeline anew as another person: the same commit, read and compiled with their rights. */
@Injectable()
export class RefusedRetry {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly wakes: Wakes,
    private readonly clock: Clock,
    private readonly maker: PipelineMaker,
  ) {}

  /**
   * Starts the next attempt, or stores that it was refused once more. Throws a Problem when GitHub
   * cannot be asked now or there is nothing to run; the pipeline stays as it is then.
   */
  async start(pipeline: RefusedPipeline, actor: Actor): Promise<void> {
    const target = await this.database.first(findPushTarget, pipeline.host, pipeline.githubRepositoryId);
    if (!target || target.removed || target.gone) throw new Conflict(explainDeliveryReason('not_a_project'));
    const made = await this.make(pipeline, target, actor);
    if (made.kind === 'later') throw new Unavailable(`Not now: ${made.why}. Try again shortly.`);
    if (made.kind === 'none') throw new Conflict(explainDeliveryReason(made.reason, made));
    await this.store(pipeline, target, made, actor);
  }

  private make(pipeline: RefusedPipeline, target: PushTarget, actor: Actor): Promise<Made> {
    const { commit } = pipeline;
    return this.maker.make({
      target,
      pipelineId: pipeline.id,
      guid: pipeline.deliveryGuid ?? '',
      branch: pipeline.ref,
      sha: pipeline.sha,
      before: pipeline.beforeSha,
      named: target,
      commit: {
        title: commit['title'] ?? '',
        message: commit['message'] ?? '',
        authorName: commit['authorName'] ?? null,
        authorEmail: commit['authorEmail'] ?? null,
        timestamp: commit['timestamp'] ?? null,
      },
      at: pipeline.createdAt,
      // GitHub has had its time to show the commit; what does not answer now is told to the person.
      waiting: { attempts: 1, sinceMs: lagMsMax },
      judge: () => Promise.resolve({ may: true, userId: actor.userId }),
    });
  }

  private async store(
    pipeline: RefusedPipeline,
    target: PushTarget,
    made: Ready | Refused,
    actor: Actor,
  ): Promise<void> {
    const why = made.kind === 'refused' ? made : null;
    const rows = made.kind === 'ready' ? made.rows : noRows;
    const told = await this.database.run(
      startNextAttempt,
      pipeline.id,
      pipeline.attempt + 1,
      actor.userId,
      rows.status,
      why?.reason ?? null,
      why && explainPipelineReason(why.reason, { login: actor.username, detail: why.detail }),
      why?.yamlErrors ?? null,
      made.kind === 'ready' ? made.name : null,
      isProtectedBranch(target, pipeline.ref),
      this.clock.now(),
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
    );
    this.outbox.publish(told);
    this.wakes.publish(told.flatMap((event) => event.laneIds));
  }
}
