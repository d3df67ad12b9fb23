import { Access, type Actor, CurrentActor, RequireAdmin, RequireScope } from '@crosstie/access';
import { cutPage, Etag, PageAnswer, RecordId } from '@crosstie/platform';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Req,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { ApiRunner, ApiRunnerDetails, ApiRunnerManager } from './api-runner.js';
import { type CreatedRunner, RunnerActions } from './runner-actions.js';
import { NewRunner, RunnerFields, RunnerQuery } from './runner-fields.js';
import { RunnerReads } from './runner-reads.js';

const runnerId = new RecordId('Runner');

/** Runners for people and their tools. */
@Controller('api/v4')
@UseInterceptors(Etag)
export class RunnersController {
  constructor(
    private readonly reads: RunnerReads,
    private readonly actions: RunnerActions,
    private readonly access: Access,
    private readonly pages: PageAnswer,
  ) {}

  @RequireScope('create_runner')
  @Post('user/runners')
  create(@CurrentActor() actor: Actor, @Body() wanted: NewRunner): Promise<CreatedRunner> {
    return this.actions.create(actor, wanted);
  }

  @RequireScope('read_api')
  @Get('runners')
  async mine(
    @CurrentActor() actor: Actor,
    @Query() query: RunnerQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiRunner[]> {
    return this.pages.describe(request, reply, cutPage(await this.reads.ownedBy(actor, query), query));
  }

  @RequireAdmin('read_api')
  @Get('runners/all')
  async all(
    @Query() query: RunnerQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiRunner[]> {
    return this.pages.describe(request, reply, cutPage(await this.reads.all(query), query));
  }

  @RequireScope('read_api')
  @Get('projects/:id/runners')
  async ofProject(
    @CurrentActor() actor: Actor,
    @Param('id') ref: string,
    @Query() query: RunnerQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiRunner[]> {
    const projectId = await this.access.projectId(ref);
    await this.access.require(actor, 40, projectId);
    return this.pages.describe(request, reply, cutPage(await this.reads.ofProject(projectId, query), query));
  }

  @RequireScope('read_api')
  @Get('runners/:id')
  details(@CurrentActor() actor: Actor, @Param('id', runnerId) id: number): Promise<ApiRunnerDetails> {
    return this.reads.details(actor, id);
  }

  @RequireScope('read_api')
  @Get('runners/:id/managers')
  managers(@CurrentActor() actor: Actor, @Param('id', runnerId) id: number): Promise<ApiRunnerManager[]> {
    return this.reads.managers(actor, id);
  }

  @RequireScope('manage_runner')
  @Put('runners/:id')
  async change(
    @CurrentActor() actor: Actor,
    @Param('id', runnerId) id: number,
    @Body() fields: RunnerFields,
  ): Promise<ApiRunnerDetails> {
    await this.actions.change(actor, id, fields);
    return this.reads.details(actor, id);
  }

  @RequireScope('manage_runner')
  @Delete('runners/:id')
  @HttpCode(204)
  async remove(@CurrentActor() actor: Actor, @Param('id', runnerId) id: number): Promise<void> {
    await this.actions.remove(actor, id);
  }

  /** Runners call it with the body `null`, which is read by nobody. */
  @RequireScope('manage_runner')
  @Post('runners/:id/reset_authentication_token')
  resetToken(@CurrentActor() actor: Actor, @Param('id', runnerId) id: number) {
    return this.actions.resetToken(actor, id);
  }
}
