import { Injectable } from '@nestjs/common';
import { Access } from '@crosstie/access';
import {
  buryDelivery,
  Database,
  findPushTarget,
  readDelivery,
  reviveDelivery,
  settleDelivery,
  type StoredDelivery,
} from '@crosstie/domain';
import { parseMember } from '@crosstie/github';
import { Clock, reached } from '@crosstie/platform';

import { cleanText } from './clean-text.js';
import { Installations } from './installations.js';
import { PushIntake } from './push-intake.js';
import { unpackBody } from './read-body.js';

const errorBytesMax = 2048;

/** Brings each delivery to its outcome, by what its row says it is. */
@Injectable()
export class Deliveries {
  private readonly underWay = new Set<number>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly access: Access,
    private readonly pushes: PushIntake,
    private readonly installations: Installations,
  ) {}

  /**
   * Does what is to be done about a delivery now; nothing when it has an outcome or is under way here.
   *
   * @param reopen one that was given up on too: somebody may have had its dead letter replayed
   */
  async take(deliveryId: number, reopen = false): Promise<void> {
    if (this.underWay.has(deliveryId)) return;
    this.underWay.add(deliveryId);
    reached('intake.begun');
    try {
      const delivery = await (reopen ? this.reopened(deliveryId) : this.database.first(readDelivery, deliveryId));
      if (delivery && (delivery.state === 'received' || delivery.state === 'waiting')) await this.act(delivery);
    } finally {
      this.underWay.delete(deliveryId);
    }
  }

  /** Gives up on a delivery, with the error that its last attempt ended in. */
  async bury(deliveryId: number, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    await this.database.run(buryDelivery, deliveryId, cleanText(message, errorBytesMax), this.clock.now());
  }

  private async reopened(deliveryId: number): Promise<StoredDelivery | null> {
    const delivery = await this.database.first(readDelivery, deliveryId);
    if (delivery?.state !== 'dead') return delivery;
    await this.database.run(reviveDelivery, deliveryId);
    return this.database.first(readDelivery, deliveryId);
  }

  private async act(delivery: StoredDelivery): Promise<void> {
    switch (delivery.event) {
      case 'push':
        return this.pushes.take(delivery);
      case 'installation':
      case 'installation_repositories':
      case 'installation_target':
      case 'repository':
        return this.installations.take(delivery);
      case 'member':
        return this.rightsChanged(delivery);
      case 'github_app_authorization':
        // identity-linker acts on it; here it only gets its outcome.
        return this.settle(delivery, null);
      default:
        return this.settle(delivery, 'event_not_used');
    }
  }

  /** Somebody's right on a repository is another one: GitHub is asked anew, about everybody there. */
  private async rightsChanged(delivery: StoredDelivery): Promise<void> {
    const event = parseMember(await unpackBody(delivery.body));
    const target = event && (await this.database.first(findPushTarget, delivery.host, event.repository.id));
    if (target) this.access.forget({ projectId: target.projectId });
    await this.settle(delivery, event ? null : 'malformed');
  }

  private async settle(delivery: StoredDelivery, reason: string | null): Promise<void> {
    await this.database.run(settleDelivery, delivery.id, reason, null, null, this.clock.now());
  }
}
