import { Database, speakingPipeline, unspokenPipelines, wantStatus } from '@crosstie/domain';
import { Clock, CrosstieConfig } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import { verdictOf } from './verdict.js';

const lookBack = 500;
const sweptMax = 100;
/** How long an event may take before the sweep does its work. */
const eventGraceMs = 5_000;

/** Keeps what GitHub should show for each context on a commit; always from the rows, never from the event. */
@Injectable()
export class WantedStatuses {
  constructor(
    private readonly database: Database,
    private readonly config: CrosstieConfig,
    private readonly clock: Clock,
  ) {}

  /** Brings the status of a pipeline's commit up to date. Answers the installation that has something to send, or null. */
  async follow(pipelineId: number): Promise<number | null> {
    const speaker = await this.database.first(speakingPipeline, pipelineId);
    if (!speaker) return null;
    const { id, version, status, projectId, sha, context, installationId, fullName } = speaker;
    const { state, description, final } = verdictOf(speaker);
    const url = `${this.config.url}/${fullName}/-/pipelines/${id}`;
    const where = [projectId, sha, context, id, version, status, installationId] as const;
    const at = this.clock.now();
    const wanted = await this.database.first(wantStatus, ...where, state, description, url, final, at);
    return wanted?.due ? installationId : null;
  }

  /** Finds what no event told of. Answers how many pipelines there were. */
  async sweep(): Promise<number> {
    const before = new Date(this.clock.ms() - eventGraceMs);
    const found = await this.database.run(unspokenPipelines, before, lookBack, sweptMax);
    for (const { pipelineId } of found) await this.follow(pipelineId);
    return found.length;
  }
}
