import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { Etag } from '@crosstie/platform';
import { Controller, Get, Inject, Param, UseInterceptors } from '@nestjs/common';

import { DeliveryReads, type WaitingPush } from './delivery-reads.js';
import { ProjectId } from './project-id.pipe.js';

/** What a push waits for that has no pipeline yet, for everybody who sees the project. */
@Controller('api/crosstie/v1/projects')
@UseInterceptors(Etag)
export class WaitingPushesController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(DeliveryReads) private readonly deliveries: DeliveryReads,
  ) {}

  @Get(':id/waiting')
  @RequireScope('read_api')
  async list(@CurrentActor() actor: Actor, @Param('id', ProjectId) projectId: number): Promise<WaitingPush[]> {
    await this.access.require(actor, 10, projectId);
    return this.deliveries.waiting(projectId);
  }
}
