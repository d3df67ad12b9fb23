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
    await this.prepare([runner]);
    return this.pages.get(runner.id)?.laneIds ?? [];
  }

  /** Reads the pages of many runners in one statement, where they are missing. */
  async prepare(runners: readonly { id: number; version: number }[]): Promise<void> {
    const missing = runners.filter(({ id, version }) => this.pages.get(id)?.version !== version);
    if (missing.length === 0) return;
    const rows = await this.database.run(
      fittingLanes,
      missing.map(({ id }) => id),
    );
    const found = new Map(rows.map((row) => [row.runner_id, row.lane_ids]));
    if (this.pages.size + missing.length > runnersMax) this.pages.clear();
    for (const { id, version } of missing) this.pages.set(id, { version, laneIds: found.get(id) ?? [] });
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
