import { type Actor, CurrentActor, csrfTokenOf, readSessionCookie, RequireAdmin, RequireScope } from '@crosstie/access';
import {
  acceptedTermsAt,
  currentTerms,
  Database,
  findUser,
  identityOf,
  Installation,
  listSeats,
  releaseSeat,
  recordAudit,
  personChanged,
  seatOf,
  takeSeat,
  type IdentityRow,
} from '@crosstie/domain';
import { Outbox } from '@crosstie/messaging';
import { Conflict, CrosstieConfig, NotFound, RecordId } from '@crosstie/platform';
import { TokenAuthority } from '@crosstie/token-vault/authority';
import { Controller, Delete, Get, HttpCode, Inject, Param, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';

import { toApiFullUser, type ApiFullUser } from './api-user.js';
import { nextSteps, type NextStep } from './next-steps.js';
import { toApiSeat } from './api-seat.js';
import { seatsCsv } from './seats-csv.js';

interface ApiIdentity {
  host: string;
  login: string;
  github_user_id: number;
  state: string;
  linked_at: string;
}

interface ApiAccount {
  user: ApiFullUser;
  /** For forms and unsafe requests of this browser session; null for a token, which needs none. */
  csrf_token: string | null;
  identities: ApiIdentity[];
  /** `accepted` is false only where something waits for it. */
  terms: { version: number; accepted: boolean; accepted_at: string | null };
  seat: { taken_at: string } | null;
  github_app: { slug: string; html_url: string; install_url: string } | null;
  /** What stands in the way of a pipeline in this person's name, most urgent first. */
  next: NextStep[];
}

/** Who is asking, and what they should do next; and the seats. */
@Controller('api/crosstie/v1')
export class AccountController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(TokenAuthority) private readonly authority: TokenAuthority,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  @Get('account')
  @RequireScope('read_user')
  async account(@CurrentActor() actor: Actor, @Req() request: FastifyRequest): Promise<ApiAccount> {
    const { host } = this.config.github;
    const user = await findUser(this.database, actor.userId);
    if (!user) throw new NotFound('User');
    const terms = await currentTerms(this.database);
    const [acceptedAt, identity, seat, app] = await Promise.all([
      acceptedTermsAt(this.database, user.id, terms.version),
      identityOf(this.database, user.id, host),
      seatOf(this.database, user.id),
      this.authority.app.find(host),
    ]);
    const installed = await this.dataSource.getRepository(Installation).existsBy({ host });
    const accepted = acceptedAt !== null;
    const secret = actor.via === 'session' ? readSessionCookie(request.headers.cookie, this.config.url) : null;
    return {
      user: toApiFullUser(user, this.config.url),
      csrf_token: secret === null ? null : csrfTokenOf(secret),
      identities: identity ? [toApiIdentity(identity)] : [],
      terms: {
        version: terms.version,
        accepted: accepted || identity === null,
        accepted_at: acceptedAt?.toISOString() ?? null,
      },
      seat: seat ? { taken_at: seat.toISOString() } : null,
      github_app: app && { slug: app.slug, html_url: app.htmlUrl, install_url: `${app.htmlUrl}/installations/new` },
      next: nextSteps({ isAdmin: user.isAdmin, app, installed, identity, accepted, seat: seat !== null }),
    };
  }

  @Get('terms')
  @RequireScope('read_user')
  async terms(): Promise<{ version: number; body: string }> {
    return currentTerms(this.database);
  }

  /** Every seat that was held, as JSON or, with `format=csv`, as a table for a spreadsheet. */
  @Get('seats')
  @RequireAdmin('read_api')
  async seats(@Query('format') format: unknown, @Res() reply: FastifyReply): Promise<FastifyReply> {
    const rows = await listSeats(this.database);
    if (format !== 'csv') return reply.type('application/json; charset=utf-8').send(rows.map(toApiSeat));
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="seats.csv"')
      .send(seatsCsv(rows.map(toApiSeat)));
  }

  @Put('seats/:user')
  @RequireAdmin('api')
  async give(
    @CurrentActor() actor: Actor,
    @Param('user', new RecordId('User')) userId: number,
  ): Promise<{ taken_at: string }> {
    if (!(await findUser(this.database, userId))) throw new NotFound('User');
    const outcome = await this.database.transaction((tx) => takeSeat(tx, userId));
    if (outcome === 'full') throw new Conflict('Every seat is taken; release one first.', 'no_seat');
    if (outcome === 'taken') await this.noteSeat(actor, userId, 'seat.granted');
    return { taken_at: (await seatOf(this.database, userId))?.toISOString() ?? '' };
  }

  @Delete('seats/:user')
  @HttpCode(204)
  @RequireAdmin('api')
  async release(@CurrentActor() actor: Actor, @Param('user', new RecordId('User')) userId: number): Promise<void> {
    if (!(await releaseSeat(this.database, userId))) throw new NotFound('Seat');
    await this.noteSeat(actor, userId, 'seat.released');
  }

  private async noteSeat(actor: Actor, userId: number, action: string): Promise<void> {
    const event = await this.database.transaction(async (tx) => {
      await recordAudit(tx, { actorId: actor.userId, action, entityType: 'user', entityId: userId });
      return personChanged(tx, userId);
    });
    this.outbox.publish([event]);
  }
}

function toApiIdentity({ host, login, githubUserId, state, linkedAt }: IdentityRow): ApiIdentity {
  return { host, login, github_user_id: githubUserId, state, linked_at: linkedAt.toISOString() };
}
