import { type Actor, CurrentActor, RequireAdmin, RequireScope } from '@crosstie/access';
import { countAccessTokens, Database, listAccessTokens, type AccessTokenRow } from '@crosstie/domain';
import { BadRequest, Clock, Etag, PageAnswer, PageQuery, readPage, RecordId } from '@crosstie/platform';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsISO8601,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  MaxLength,
} from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AccessTokens } from './access-tokens.service.js';

export class NewTokenDto {
  @IsString()
  @Length(1, 255)
  name: string;

  /** A list, one bare word, or words with commas. */
  @Transform(({ value }) => asList(value))
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(20)
  @IsString({ each: true })
  scopes: string[];

  @IsOptional()
  @IsISO8601()
  expires_at?: string;
}

export class RotateTokenDto {
  @IsOptional()
  @IsISO8601()
  expires_at?: string;
}

export class TokensQuery extends PageQuery {
  @IsOptional()
  @Transform(({ value }) => Number(value))
  @IsInt()
  @Max(Number.MAX_SAFE_INTEGER)
  user_id?: number;

  @IsOptional()
  @IsIn(['active', 'inactive'])
  state?: 'active' | 'inactive';

  @IsOptional()
  @IsString()
  @MaxLength(255)
  search?: string;
}

const tokenId = new RecordId('Personal Access Token');

interface ApiToken {
  id: number;
  name: string;
  revoked: boolean;
  created_at: string;
  scopes: string[];
  user_id: number;
  last_used_at: string | null;
  active: boolean;
  /** A date, as GitLab has it. */
  expires_at: string | null;
  /** Once, when it is made. */
  token?: string;
}

@Controller('api/v4')
@UseInterceptors(Etag)
export class AccessTokensController {
  constructor(
    @Inject(AccessTokens) private readonly tokens: AccessTokens,
    @Inject(Database) private readonly database: Database,
    @Inject(PageAnswer) private readonly pages: PageAnswer,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Get('personal_access_tokens')
  @RequireScope('read_api')
  async list(
    @CurrentActor() actor: Actor,
    @Query() query: TokensQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiToken[]> {
    // An administrator sees everybody's; others their own, whatever they ask for.
    const userId = actor.isAdmin ? query.user_id : actor.userId;
    const filter = { userId, state: query.state, search: query.search };
    const page = await readPage(
      query,
      (limit, offset) => listAccessTokens(this.database, { ...filter, limit, offset }),
      (most) => countAccessTokens(this.database, filter, most),
    );
    return this.pages.describe(request, reply, page).map((row) => this.present(row));
  }

  @Get('personal_access_tokens/self')
  @RequireScope('read_user')
  async self(@CurrentActor() actor: Actor): Promise<ApiToken> {
    return this.present(await this.tokens.one(actor, ownToken(actor)));
  }

  @Delete('personal_access_tokens/self')
  @HttpCode(204)
  @RequireScope('read_user')
  async revokeSelf(@CurrentActor() actor: Actor): Promise<void> {
    await this.tokens.revoke(actor, ownToken(actor));
  }

  @Post('personal_access_tokens/self/rotate')
  @HttpCode(200)
  @RequireScope('api')
  async rotateSelf(@CurrentActor() actor: Actor, @Body() body: RotateTokenDto): Promise<ApiToken> {
    return this.present(await this.tokens.rotate(actor, ownToken(actor), body.expires_at));
  }

  @Get('personal_access_tokens/:id')
  @RequireScope('read_api')
  async one(@CurrentActor() actor: Actor, @Param('id', tokenId) id: number): Promise<ApiToken> {
    return this.present(await this.tokens.one(actor, id));
  }

  @Delete('personal_access_tokens/:id')
  @HttpCode(204)
  @RequireScope('api')
  async revoke(@CurrentActor() actor: Actor, @Param('id', tokenId) id: number): Promise<void> {
    await this.tokens.revoke(actor, id);
  }

  @Post('personal_access_tokens/:id/rotate')
  @HttpCode(200)
  @RequireScope('api')
  async rotate(
    @CurrentActor() actor: Actor,
    @Param('id', tokenId) id: number,
    @Body() body: RotateTokenDto,
  ): Promise<ApiToken> {
    return this.present(await this.tokens.rotate(actor, id, body.expires_at));
  }

  @Post('user/personal_access_tokens')
  @RequireScope('api')
  async create(@CurrentActor() actor: Actor, @Body() body: NewTokenDto): Promise<ApiToken> {
    return this.make(actor, actor.userId, body);
  }

  @Post('users/:id/personal_access_tokens')
  @RequireAdmin('api')
  async createFor(
    @CurrentActor() actor: Actor,
    @Param('id', new RecordId('User')) userId: number,
    @Body() body: NewTokenDto,
  ): Promise<ApiToken> {
    return this.make(actor, userId, body);
  }

  private async make(actor: Actor, userId: number, { name, scopes, expires_at }: NewTokenDto): Promise<ApiToken> {
    return this.present(await this.tokens.create(actor, userId, { name, scopes, expiresAt: expires_at }));
  }

  private present(row: AccessTokenRow & { token?: string }): ApiToken {
    const { id, name, scopes, userId, createdAt, expiresAt, revokedAt, lastUsedAt, token } = row;
    const revoked = revokedAt !== null;
    return {
      id,
      name,
      revoked,
      created_at: createdAt.toISOString(),
      scopes,
      user_id: userId,
      last_used_at: lastUsedAt?.toISOString() ?? null,
      active: !revoked && (expiresAt === null || expiresAt > this.clock.now()),
      expires_at: expiresAt?.toISOString().slice(0, 10) ?? null,
      ...(token === undefined ? {} : { token }),
    };
  }
}

function ownToken(actor: Actor): number {
  if (actor.via === 'token') return actor.credentialId;
  throw new BadRequest('This request came with a session, not with a token');
}

function asList(value: unknown): unknown {
  return typeof value === 'string' ? value.split(',').map((word) => word.trim()) : value;
}
