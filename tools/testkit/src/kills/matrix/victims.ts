import type { FaultPointName } from '@crosstie/platform';

import type { Mode } from '../../storm/plan.js';
import { pointsOfServer } from '../../storm/points-of-server.js';

export const victimNames = [
  'crosstie',
  'webhook-gateway',
  'identity-linker',
  'pipeline-orchestrator',
  'runner-api',
  'status-reporter',
  'nats-server',
  'postgresql',
  'runner',
] as const;

/** What is killed: the one process of `crosstie serve`, one of the five services, a store, or a runner. */
export type Victim = (typeof victimNames)[number];

/** The victims that a form of the house has. */
export function victimsOf(mode: Mode): Victim[] {
  if (mode === 'joined') return ['crosstie', 'postgresql', 'runner'];
  return victimNames.filter((name) => name !== 'crosstie');
}

/** The points at which a victim can be killed while people push. */
export function pointsOf(victim: Victim): readonly FaultPointName[] {
  return victim === 'postgresql' || victim === 'nats-server' || victim === 'runner' ? [] : pointsOfServer(victim);
}
