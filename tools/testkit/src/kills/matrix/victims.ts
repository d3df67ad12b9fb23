import type { FaultPointName } from '@crosstie/platform';

import type { Mode, RunnerName, ServerName } from '../../storm/plan.js';

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

const telling = ['outbox.before_publish', 'outbox.after_publish'] as const;

/**
 * The points at which a victim is killed while people push. `vault.after_exchange` and `migrate.mid` have scenarios of
 * their own in kills.spec: the one ends in a person who must sign in again, the other needs an empty database.
 */
const pointsOfServices = {
  'webhook-gateway': ['gateway.before_insert', 'gateway.after_insert', ...telling],
  'identity-linker': ['vault.before_exchange', 'consumer.after_commit'],
  'pipeline-orchestrator': [
    'orchestrator.after_actor',
    'orchestrator.after_ci_read',
    'orchestrator.after_compile',
    'intake.before_insert',
    'intake.after_insert',
    'consumer.after_commit',
    'advance.before_commit',
    'advance.after_commit',
    'recovery.after_page',
    'recovery.before_mark',
    ...telling,
  ],
  'runner-api': [
    'claim.after_commit',
    'trace.after_append',
    'artifact.after_put',
    'finish.after_commit',
    'reaper.leading',
    ...telling,
  ],
  'status-reporter': ['status.before_post', 'status.after_post', 'consumer.after_commit'],
} as const satisfies Partial<Record<Victim, readonly FaultPointName[]>>;

/** The victims that a form of the house has. */
export function victimsOf(mode: Mode): Victim[] {
  if (mode === 'joined') return ['crosstie', 'postgresql', 'runner'];
  return victimNames.filter((name) => name !== 'crosstie');
}

export function pointsOf(victim: Victim): FaultPointName[] {
  if (victim === 'crosstie') return [...new Set(Object.values(pointsOfServices).flat())];
  return victim in pointsOfServices ? [...pointsOfServices[victim as keyof typeof pointsOfServices]] : [];
}

/** Of what a process of the house is started for. */
export type VictimProcess = ServerName | RunnerName;
