import { type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { countUsers, Database, findUser, listUsers } from '@crosstie/domain';
import { CrosstieConfig, Etag, NotFound, PageAnswer, PageQuery, readPage, RecordId } from '@crosstie/platform';
import { Controller, Get, Inject, Param, Query, Req, Res, UseInterceptors } from '@nestjs/common';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { toApiFullUser, toApiUser, type ApiFullUser, type ApiUser } from './api-user.js';

export class UsersQuery extends PageQuery {
  @IsOptional()
  @IsString()
  @MaxLength(255)
  username?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  search?: string;
}

/** People as GitLab's clients ask for them. */
@Controller('api/v4')
@UseInterceptors(Etag)
export class UsersController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(PageAnswer) private readonly pages: PageAnswer,
  ) {}

  @Get('user')
  @RequireScope('read_user')
  async me(@CurrentActor() actor: Actor): Promise<ApiFullUser> {
    const user = await findUser(this.database, actor.userId);
    if (!user) throw new NotFound('User');
    return toApiFullUser(user, this.config.url);
  }

  @Get('users')
  @RequireScope('read_user')
  async list(
    @CurrentActor() actor: Actor,
    @Query() query: UsersQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiUser[]> {
    const filter = { username: query.username, search: query.search };
    const page = await readPage(
      query,
      (limit, offset) => listUsers(this.database, { ...filter, limit, offset }),
      (most) => countUsers(this.database, filter, most),
    );
    return this.pages
      .describe(request, reply, page)
      .map((user) => (actor.isAdmin ? toApiFullUser : toApiUser)(user, this.config.url));
  }

  @Get('users/:id')
  @RequireScope('read_user')
  async one(@CurrentActor() actor: Actor, @Param('id', new RecordId('User')) id: number): Promise<ApiUser> {
    const user = await findUser(this.database, id);
    if (!user) throw new NotFound('User');
    const full = actor.isAdmin || actor.userId === id;
    return (full ? toApiFullUser : toApiUser)(user, this.config.url);
  }
}
