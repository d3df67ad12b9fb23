import type { PushTarget, StoredDelivery } from '@crosstie/domain';
import type { DeliveryReason } from '@crosstie/pipeline';

import type { PushPayload } from './push-payload.js';

export interface NoPipeline {
  readonly reason: DeliveryReason;
  readonly detail: string | null;
  /** Somebody may be trying something: it is told to the audit too. */
  readonly isAlarming?: boolean;
}

const dayMs = 24 * 3600 * 1000;

/**
 * Why a push makes no pipeline, as far as rows and payload tell; null when GitHub has to be asked.
 * Nothing in a payload is believed that the rows contradict: the delivery's number is not signed and
 * the body may be an old one.
 */
export function earlyReason(
  delivery: Pick<StoredDelivery, 'host' | 'sameBodyAs' | 'replayed'>,
  push: PushPayload,
  target: PushTarget | null,
  now: Date,
): NoPipeline | null {
  const suspicion = delivery.replayed ? null : suspect(delivery, push, now);
  if (suspicion !== null) return { reason: 'suspect', detail: suspicion, isAlarming: true };
  if (push.kind === 'other') return none('event_not_used');
  if (push.kind === 'tag') return none('tag');
  if (push.deleted) return none('branch_deleted');
  if (push.before === push.after) return none('no_change');
  if (!target || target.removed || target.gone) return none('not_a_project');
  if (target.githubInstallationId !== push.installationId) {
    const detail = `it names installation ${push.installationId ?? 'none'}, which is not the repository's`;
    return { reason: 'not_a_project', detail, isAlarming: true };
  }
  if (!target.enabled) return none('project_off');
  return push.asksToSkip ? none('skipped') : null;
}

function none(reason: DeliveryReason): NoPipeline {
  return { reason, detail: null };
}

/** GitHub's own log keeps deliveries for three days, an Enterprise Server's for seven; an older push is not news. */
function suspect(delivery: Pick<StoredDelivery, 'host' | 'sameBodyAs'>, push: PushPayload, now: Date): string | null {
  if (delivery.sameBodyAs !== null) return `same body as delivery ${delivery.sameBodyAs}`;
  const days = delivery.host === 'github.com' ? 3 : 7;
  const age = push.pushedAt === null ? 0 : now.getTime() - push.pushedAt.getTime();
  return age > days * dayMs ? `pushed ${Math.floor(age / dayMs)} days ago` : null;
}
