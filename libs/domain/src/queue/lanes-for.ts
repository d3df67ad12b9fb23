import type { Queryable } from '../database/database.js';
import { findLanes } from './find-lanes.sql.js';
import { internLanes } from './intern-lanes.sql.js';

export interface LaneWish {
  projectId: number;
  protected: boolean;
  tags: readonly string[];
}

/**
 * The lane of each wish, in order; lanes that nobody used before are made. Costs one read in the usual
 * case. It is asked anew each time, since a project's first own runner moves its jobs to a lane of their own.
 */
export async function lanesFor(database: Queryable, wishes: readonly LaneWish[]): Promise<number[]> {
  if (wishes.length === 0) return [];
  const projectIds = wishes.map((wish) => wish.projectId);
  const areProtected = wishes.map((wish) => wish.protected);
  const tags = wishes.map((wish) => laneTags(wish.tags));
  for (;;) {
    const found = await database.run(findLanes, projectIds, areProtected, tags);
    const missing = found.flatMap((lane, place) => (lane.lane_id === null ? [place] : []));
    if (missing.length === 0) return found.map((lane) => lane.lane_id as number);
    await database.run(
      internLanes,
      missing.map((place) => found[place]?.scope as string),
      missing.map((place) => areProtected[place] as boolean),
      missing.map((place) => tags[place] as string),
    );
  }
}

/** Tags as lanes know them: sorted, each once, joined by the comma that no tag can hold. */
function laneTags(tags: readonly string[]): string {
  return [...new Set(tags.flatMap((tag) => tag.split(',')).map((tag) => tag.trim()))].filter(Boolean).sort().join(',');
}
