import { type Actor, CurrentActor, RequireAdmin } from '@crosstie/access';
import { Database, recordAudit } from '@crosstie/domain';
import { deadLetters, type DeadLetterEntry, Outbox, replayDeadLetter } from '@crosstie/messaging';
import { cutPage, Etag, NotFound, PageAnswer, PageQuery, RecordId } from '@crosstie/platform';
import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res, UseInterceptors } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** An event that a service gave up on. */
export interface ApiDeadLetter {
  id: number;
  service: string;
  event_id: string;
  type: string;
  payload: Record<string, unknown>;
  error: string;
  attempts: number;
  created_at: string;
  replayed_at: string | null;
}

const lettersMax = 1000;

@Controller('api/crosstie/v1/dead-letters')
@UseInterceptors(Etag)
export class DeadLettersController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(PageAnswer) private readonly pages: PageAnswer,
  ) {}

  /** Newest first, those that were replayed too. */
  @Get()
  @RequireAdmin('read_api')
  async list(
    @Query() query: PageQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiDeadLetter[]> {
    const all = await deadLetters(this.database, { withReplayed: true, limit: lettersMax });
    const page = cutPage(all, query);
    this.pages.describe(request, reply, page);
    return page.items.map(toApi);
  }

  /** Gives it to its service once more. */
  @Post(':id/replay')
  @HttpCode(200)
  @RequireAdmin('api')
  async replay(
    @CurrentActor() actor: Actor,
    @Param('id', new RecordId('Dead letter')) id: number,
  ): Promise<{ id: number; event_id: string }> {
    const event = await this.database.transaction(async (tx) => {
      const told = await replayDeadLetter(tx, id);
      if (!told) throw new NotFound('Dead letter');
      await recordAudit(tx, {
        actorId: actor.userId,
        action: 'deadletter.replayed',
        entityType: 'dead_letter',
        entityId: id,
      });
      return told;
    });
    this.outbox.publish([event]);
    return { id, event_id: event.eventId };
  }
}

function toApi(letter: DeadLetterEntry): ApiDeadLetter {
  return {
    id: letter.id,
    service: letter.service,
    event_id: letter.eventId,
    type: letter.type,
    payload: letter.payload,
    error: letter.error,
    attempts: letter.attempts,
    created_at: letter.createdAt.toISOString(),
    replayed_at: letter.replayedAt?.toISOString() ?? null,
  };
}
