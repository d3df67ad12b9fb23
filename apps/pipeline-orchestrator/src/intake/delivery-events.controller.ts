import { Controller } from '@nestjs/common';
import { EventHandler, type Incoming } from '@crosstie/messaging';

import { Deliveries } from './deliveries.js';

/** The bus tries five times; the last one leaves the error with the delivery. */
const attemptsMax = 5;

type Arrived = Incoming<
  | 'github.push'
  | 'github.installation'
  | 'github.installation_repositories'
  | 'github.installation_target'
  | 'github.repository'
  | 'github.github_app_authorization'
  | 'github.member'
  | 'github.other'
>;

/** Deliveries as the gateway tells of them: the row says what they are. */
@Controller()
export class DeliveryEvents {
  constructor(private readonly deliveries: Deliveries) {}

  @EventHandler('pipeline-orchestrator', 'github.push')
  async push(event: Incoming<'github.push'>): Promise<void> {
    await this.take(event);
  }

  @EventHandler('pipeline-orchestrator', 'github.installation')
  async installation(event: Incoming<'github.installation'>): Promise<void> {
    await this.take(event);
  }

  @EventHandler('pipeline-orchestrator', 'github.installation_repositories')
  async installationRepositories(event: Incoming<'github.installation_repositories'>): Promise<void> {
    await this.take(event);
  }

  @EventHandler('pipeline-orchestrator', 'github.installation_target')
  async installationTarget(event: Incoming<'github.installation_target'>): Promise<void> {
    await this.take(event);
  }

  @EventHandler('pipeline-orchestrator', 'github.repository')
  async repository(event: Incoming<'github.repository'>): Promise<void> {
    await this.take(event);
  }

  @EventHandler('pipeline-orchestrator', 'github.github_app_authorization')
  async authorization(event: Incoming<'github.github_app_authorization'>): Promise<void> {
    await this.take(event);
  }

  @EventHandler('pipeline-orchestrator', 'github.member')
  async member(event: Incoming<'github.member'>): Promise<void> {
    await this.take(event);
  }

  @EventHandler('pipeline-orchestrator', 'github.other')
  async other(event: Incoming<'github.other'>): Promise<void> {
    await this.take(event);
  }

  private async take({ payload, attempt }: Arrived): Promise<void> {
    try {
      await this.deliveries.take(payload.deliveryId, true);
    } catch (error) {
      if (attempt >= attemptsMax) await this.deliveries.bury(payload.deliveryId, error);
      throw error;
    }
  }
}
