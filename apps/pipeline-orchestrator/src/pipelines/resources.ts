import { Injectable } from '@nestjs/common';
import { Database, grantResource, lockResource, resourcesOf } from '@crosstie/domain';
import { Wakes } from '@crosstie/messaging';
import { Clock } from '@crosstie/platform';

/** What one job at a time may use: whoever waits for it gets it when it is free. */
@Injectable()
export class Resources {
  constructor(
    private readonly database: Database,
    private readonly wakes: Wakes,
    private readonly clock: Clock,
  ) {}

  /**
   * Gives away what is free of that which a pipeline's jobs use. Answers the pipelines whose jobs were queued
   * so: their status may be another one now.
   */
  async serve(pipelineId: number, attempt: number): Promise<readonly number[]> {
    const moved: number[] = [];
    for (const { projectId, key } of await this.database.run(resourcesOf, pipelineId, attempt)) {
      const served = await this.give(projectId, key);
      if (served !== null) moved.push(served);
    }
    return moved;
  }

  /** Gives one resource to the next job, if it is free and somebody waits. Answers that job's pipeline. */
  async give(projectId: number, key: string): Promise<number | null> {
    const given = await this.database.transaction(async (tx) => {
      const group = await tx.first(lockResource, projectId, key);
      return tx.first(grantResource, projectId, key, group?.processMode ?? 'unordered', this.clock.now());
    });
    if (given && given.laneId !== null) this.wakes.publish([given.laneId]);
    return given?.pipelineId ?? null;
  }
}
