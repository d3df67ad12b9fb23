import type { ServiceName } from '@crosstie/messaging';
import type { FaultPointName } from '@crosstie/platform';

const telling = ['outbox.before_publish', 'outbox.after_publish'] as const;

/**
 * The points that are met while people push. `vault.after_exchange` and `migrate.mid` have scenarios of
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
} as const satisfies Record<ServiceName, readonly FaultPointName[]>;

/** The points at which a server can be killed while people push; `crosstie` is all of them in one process. */
export function pointsOfServer(server: ServiceName | 'crosstie'): readonly FaultPointName[] {
  return server === 'crosstie' ? [...new Set(Object.values(pointsOfServices).flat())] : pointsOfServices[server];
}
