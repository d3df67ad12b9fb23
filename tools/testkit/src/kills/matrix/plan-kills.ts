import type { FaultPointName } from '@crosstie/platform';

import { SeededRandom } from '../../storm/seeded-random.js';
import { pointsOf, type Victim } from './victims.js';

/** One kill, and the pushes that come while it is prepared, done and got over. */
export interface PlannedKill {
  /** Null: by somebody else, at a moment that the seed decides. */
  readonly point: FaultPointName | null;
  /** The hit of the point on which it dies. */
  readonly nth: number;
  /** From the first of its pushes to the kill; of no meaning for a point. */
  readonly afterMs: number;
  readonly downMs: number;
  /** Milliseconds before each push. */
  readonly gapsMs: readonly number[];
  /** Which of two runners. */
  readonly second: boolean;
}

export interface KillPlanOptions {
  seed: number;
  victim: Victim;
  pushes: number;
  /** How many kills at moments; those at fault points come besides. */
  kills: number;
  /** Default: all that the victim has. */
  points?: readonly FaultPointName[];
}

/** The kills of one victim in order, with every push given to one of them. The same seed, the same plan. */
export function planKills({ seed, victim, pushes, kills, points = pointsOf(victim) }: KillPlanOptions): PlannedKill[] {
  const random = new SeededRandom(seed);
  const all = [...Array.from({ length: kills }, () => null), ...points];
  return all.map((point, place) => {
    const share = Math.floor((pushes * (place + 1)) / all.length) - Math.floor((pushes * place) / all.length);
    return {
      point,
      // No push brings less than one hit.
      nth: point === null ? 0 : random.between(1, Math.max(1, Math.min(2, share))),
      afterMs: random.between(50, 2500),
      downMs: random.between(0, 1500),
      gapsMs: Array.from({ length: share }, () => random.between(0, 500)),
      second: random.next() < 0.5,
    };
  });
}
