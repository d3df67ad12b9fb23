import { type Actor, CurrentActor, RequireAdmin } from '@crosstie/access';
import { Database, recordAudit, replayDelivery } from '@crosstie/domain';
import { githubEventType, Outbox, type StoredEvent } from '@crosstie/messaging';
import { Clock, Conflict, Etag, PageAnswer } from '@crosstie/platform';
import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res, UseInterceptors } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { type ApiDelivery, DeliveryReads } from './delivery-reads.js';
import { DeliveryQuery } from './delivery-query.js';

@Controller('api/crosstie/v1/deliveries')
@UseInterceptors(Etag)
export class DeliveriesController {
  constructor(
    @Inject(DeliveryReads) private readonly deliveries: DeliveryReads,
    @Inject(PageAnswer) private readonly pages: PageAnswer,
    @Inject(Database) private readonly database: Database,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Get()
  @RequireAdmin('read_api')
  async list(
    @Query() query: DeliveryQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiDelivery[]> {
    const page = await this.deliveries.list(query);
    this.pages.describe(request, reply, page);
    return page.items;
  }

  /** By our id or GitHub's guid. */
  @Get(':ref')
  @RequireAdmin('read_api')
  get(@Param('ref') ref: string): Promise<ApiDelivery> {
    return this.deliveries.get(ref);
  }

  /** Handles a delivery that made no pipeline once more. */
  @Post(':ref/replay')
  @HttpCode(200)
  @RequireAdmin('api')
  async replay(@CurrentActor() actor: Actor, @Param('ref') ref: string): Promise<ApiDelivery> {
    const { id, event, state } = await this.deliveries.get(ref);
    const told = await this.database.transaction(async (tx) => {
      await recordAudit(tx, {
        actorId: actor.userId,
        action: 'delivery.replayed',
        entityType: 'delivery',
        entityId: id,
      });
      return tx.first(replayDelivery, id, githubEventType(event), this.clock.now());
    });
    if (!told) throw new Conflict(whyNot(state), 'delivery_not_replayable');
    this.outbox.publish([told as StoredEvent]);
    return this.deliveries.get(String(id));
  }
}

function whyNot(state: string): string {
  return state === 'received' || state === 'waiting'
    ? 'The delivery is being handled already.'
    : 'The delivery has made a pipeline: retry that instead.';
}
