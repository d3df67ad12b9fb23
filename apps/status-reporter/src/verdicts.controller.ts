import { EventHandler } from '@crosstie/messaging';
import type { Incoming } from '@crosstie/messaging';
import { Controller } from '@nestjs/common';
import { StatusSender } from './status-sender.js';
import { WantedStatuses } from './wanted-statuses.js';

@Controller()
export class VerdictsController {
  constructor(
    private readonly wanted: WantedStatuses,
    private readonly sender: StatusSender,
  ) {}

  @EventHandler('status-reporter', 'pipeline.created')
  async created({ payload }: Incoming<'pipeline.created'>): Promise<void> {
    await this.follow(payload.pipelineId);
  }

  @EventHandler('status-reporter', 'pipeline.changed')
  async changed({ payload }: Incoming<'pipeline.changed'>): Promise<void> {
    await this.follow(payload.pipelineId);
  }

  private async follow(pipelineId: number): Promise<void> {
    const installationId = await this.wanted.follow(pipelineId);
    if (installationId !== null) this.sender.wake(installationId);
  }
}
