import { Access, type Actor, CurrentActor, levelName, type Level, RequireScope } from '@crosstie/access';
import {
  type AccessLevel,
  addMember,
  countMembers,
  Database,
  findUser,
  listMembers,
  listUsers,
  removeMember,
  setMember,
  type StoredPersonEvent,
} from '@crosstie/domain';
import { Outbox } from '@crosstie/messaging';
import {
  BadRequest,
  Conflict,
  CrosstieConfig,
  Etag,
  Forbidden,
  NotFound,
  PageAnswer,
  PageQuery,
  readPage,
  RecordId,
} from '@crosstie/platform';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsEmpty, IsIn, IsInt, IsOptional, IsString, Max, MaxLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { toApiMember, type ApiMember } from './api-user.js';

export class MemberLevelDto {
  @Transform(({ value }) => Number(value))
  @IsIn([10, 20, 30, 40, 50])
  access_level: AccessLevel;

  /** Roles here have no end. To take the wish and not keep it would leave somebody in for longer than was meant. */
  @IsEmpty()
  expires_at?: unknown;
}

export class NewMemberDto extends MemberLevelDto {
  @IsOptional()
  @Transform(({ value }) => Number(value))
  @IsInt()
  @Max(Number.MAX_SAFE_INTEGER)
  user_id?: number;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  username?: string;
}

export class MembersQuery extends PageQuery {
  @IsOptional()
  @IsString()
  @MaxLength(255)
  query?: string;
}

const memberId = new RecordId('Member');

/** Explicit roles in a project, beside those that GitHub's permission gives. Maintainers give and take them. */
@Controller('api/v4/projects/:project/members')
@UseInterceptors(Etag)
export class MembersController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(Database) private readonly database: Database,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(PageAnswer) private readonly pages: PageAnswer,
  ) {}

  @Get(['', 'all'])
  @RequireScope('read_api')
  async list(
    @CurrentActor() actor: Actor,
    @Param('project') ref: string,
    @Query() query: MembersQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiMember[]> {
    const projectId = await this.project(actor, ref, 10);
    const filter = { search: query.query };
    const page = await readPage(
      query,
      (limit, offset) => listMembers(this.database, projectId, { ...filter, limit, offset }),
      (most) => countMembers(this.database, projectId, filter, most),
    );
    return this.pages.describe(request, reply, page).map((row) => toApiMember(row, this.config.url));
  }

  @Get([':user', 'all/:user'])
  @RequireScope('read_api')
  async one(
    @CurrentActor() actor: Actor,
    @Param('project') ref: string,
    @Param('user', memberId) userId: number,
  ): Promise<ApiMember> {
    return this.member(await this.project(actor, ref, 10), userId);
  }

  @Post()
  @RequireScope('api')
  async add(
    @CurrentActor() actor: Actor,
    @Param('project') ref: string,
    @Body() body: NewMemberDto,
  ): Promise<ApiMember> {
    const projectId = await this.project(actor, ref, 40);
    await this.refuseAbove(actor, projectId, body.access_level);
    const userId = await this.userOf(body);
    const change = { projectId, userId, actorId: actor.userId, accessLevel: body.access_level };
    const event = await addMember(this.database, change);
    if (!event) throw new Conflict('Member already exists', 'member_exists');
    this.told(event, userId);
    return this.member(projectId, userId);
  }

  @Put(':user')
  @RequireScope('api')
  async change(
    @CurrentActor() actor: Actor,
    @Param('project') ref: string,
    @Param('user', memberId) userId: number,
    @Body() { access_level: accessLevel }: MemberLevelDto,
  ): Promise<ApiMember> {
    const projectId = await this.project(actor, ref, 40);
    const before = await this.member(projectId, userId);
    await this.refuseAbove(actor, projectId, Math.max(accessLevel, before.access_level));
    this.told(await setMember(this.database, { projectId, userId, actorId: actor.userId, accessLevel }), userId);
    return this.member(projectId, userId);
  }

  @Delete(':user')
  @HttpCode(204)
  @RequireScope('api')
  async remove(
    @CurrentActor() actor: Actor,
    @Param('project') ref: string,
    @Param('user', memberId) userId: number,
  ): Promise<void> {
    // Everybody may leave; to take others out needs a Maintainer.
    const projectId = await this.project(actor, ref, userId === actor.userId ? 10 : 40);
    const before = await this.member(projectId, userId);
    if (userId !== actor.userId) await this.refuseAbove(actor, projectId, before.access_level);
    const event = await removeMember(this.database, { projectId, userId, actorId: actor.userId });
    if (event) this.told(event, userId);
  }

  private async project(actor: Actor, ref: string, level: Level): Promise<number> {
    const projectId = await this.access.projectId(ref);
    await this.access.require(actor, level, projectId);
    return projectId;
  }

  /** Nobody gives, takes or lowers a role above their own. */
  private async refuseAbove(actor: Actor, projectId: number, level: number): Promise<void> {
    const own = await this.access.levelOf(actor.userId, projectId);
    if (level > own) throw new Forbidden(`Your role here is ${levelName(own)}; it does not reach this role.`);
  }

  private async member(projectId: number, userId: number): Promise<ApiMember> {
    const [row] = await listMembers(this.database, projectId, { userId });
    if (!row) throw new NotFound('Member');
    return toApiMember(row, this.config.url);
  }

  private async userOf({ user_id: id, username }: NewMemberDto): Promise<number> {
    if (id === undefined && username === undefined) throw new BadRequest('user_id is missing');
    const user =
      id === undefined ? (await listUsers(this.database, { username }))[0] : await findUser(this.database, id);
    if (!user) throw new NotFound('User');
    return user.id;
  }

  private told(event: StoredPersonEvent, userId: number): void {
    this.access.forget({ userId });
    this.outbox.publish([event]);
  }
}
