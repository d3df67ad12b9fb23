import { Access, type Actor, CurrentActor, RequireAdmin, RequireScope } from '@crosstie/access';
import { NotFound } from '@crosstie/platform';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { ApiRunner, ApiRunnerDetails, ApiRunnerManager } from './api-runner.js';
import { ListPage } from './list-page.js';
import { type CreatedRunner, RunnerActions } from './runner-actions.js';
import { NewRunner, RunnerFields, RunnerQuery } from './runner-fields.js';
import { RunnerReads } from './runner-reads.js';

/** Runners for people and their tools. */
@Controller('api/v4')
export class RunnersController {
  constructor(
    private readonly reads: RunnerReads,
    private readonly actions: RunnerActions,
    private readonly access: Access,
    private readonly pages: ListPage,
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
    return this.pages.of(await this.reads.ownedBy(actor, query), query, request, reply);
  }

  @RequireAdmin('read_api')
  @Get('runners/all')
  async all(
    @Query() query: RunnerQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiRunner[]> {
    return this.pages.of(await this.reads.all(query), query, request, reply);
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
    return this.pages.of(await this.reads.ofProject(projectId, query), query, request, reply);
  }

  @RequireScope('read_api')
  @Get('runners/:id')
  details(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<ApiRunnerDetails> {
    return this.reads.details(actor, runnerIdOf(id));
  }

  @RequireScope('read_api')
  @Get('runners/:id/managers')
  managers(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<ApiRunnerManager[]> {
    return this.reads.managers(actor, runnerIdOf(id));
  }

  @RequireScope('manage_runner')
  @Put('runners/:id')
  async change(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Body() fields: RunnerFields,
  ): Promise<ApiRunnerDetails> {
    await this.actions.change(actor, runnerIdOf(id), fields);
    return this.reads.details(actor, runnerIdOf(id));
  }

  @RequireScope('manage_runner')
  @Delete('runners/:id')
  @HttpCode(204)
  async remove(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<void> {
    await this.actions.remove(actor, runnerIdOf(id));
  }

  /** Runners call it with the body `null`, which is read by nobody. */
  @RequireScope('manage_runner')
  @Post('runners/:id/reset_authentication_token')
  resetToken(@CurrentActor() actor: Actor, @Param('id') id: string) {
    return this.actions.resetToken(actor, runnerIdOf(id));
  }
}

function runnerIdOf(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new NotFound('Runner');
  return Number(text);
}
