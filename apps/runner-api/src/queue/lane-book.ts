import { Database, fittingLanes } from '@crosstie/domain';
import { Injectable } from '@nestjs/common';

const runnersMax = 10_000;

interface Page {
  version: number;
  laneIds: readonly number[];
}

/**
 * Which lanes each runner may take jobs from. A page holds until the runner is changed or a lane is made that
 * this process has not heard of.
 */
@Injectable()
export class LaneBook {
  private readonly pages = new Map<number, Page>();
  private newestLane = 0;

  constructor(private readonly database: Database) {}

  async lanesOf(runner: { id: number; version: number }): Promise<readonly number[]> {
    const page = this.pages.get(runner.id);
    if (page && page.version === runner.version) return page.laneIds;
    const laneIds = (await this.database.first(fittingLanes, [runner.id]))?.lane_ids ?? [];
    if (this.pages.size >= runnersMax) this.pages.clear();
    this.pages.set(runner.id, { version: runner.version, laneIds });
    return laneIds;
  }

  /** True when one of the lanes is new here: then every page is out of date. */
  noteLanes(laneIds: readonly number[]): boolean {
    const newest = Math.max(this.newestLane, ...laneIds);
    if (newest === this.newestLane) return false;
    this.newestLane = newest;
    this.pages.clear();
    return true;
  }
}
