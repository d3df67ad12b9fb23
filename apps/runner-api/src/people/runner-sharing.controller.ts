import { Access, type Actor, CurrentActor, RequireAdmin, RequireScope } from '@crosstie/access';
import { cutPage, PageAnswer, RecordId } from '@crosstie/platform';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { ApiRunner } from './api-runner.js';
import type { ApiRunnerJob } from './api-runner-job.js';
import { RunnerActions } from './runner-actions.js';
import { RunnerJobQuery, RunnerQuery, SharedRunner } from './runner-fields.js';
import { RunnerReads } from './runner-reads.js';

const runnerId = new RecordId('Runner');

/** Which projects use a runner, and what it ran for them. */
@Controller('api/v4')
export class RunnerSharingController {
  constructor(
    private readonly reads: RunnerReads,
    private readonly actions: RunnerActions,
    private readonly access: Access,
    private readonly pages: PageAnswer,
  ) {}

  @RequireScope('read_api')
  @Get('runners/:id/jobs')
  async jobs(
    @CurrentActor() actor: Actor,
    @Param('id', runnerId) id: number,
    @Query() query: RunnerJobQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiRunnerJob[]> {
    return this.pages.describe(request, reply, await this.reads.jobsOf(actor, id, query));
  }

  /** Of an owner on GitHub, by its number or login: the owner's runners and those of its projects. */
  @RequireAdmin('read_api')
  @Get('groups/:id/runners')
  async ofGroup(
    @Param('id') ref: string,
    @Query() query: RunnerQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiRunner[]> {
    return this.pages.describe(request, reply, cutPage(await this.reads.ofGroup(ref, query), query));
  }

  /** Lets this project use a runner of another project, by somebody who maintains both. */
  @RequireScope('manage_runner')
  @Post('projects/:id/runners')
  async share(@CurrentActor() actor: Actor, @Param('id') ref: string, @Body() wanted: SharedRunner) {
    const projectId = await this.access.projectId(ref);
    await this.actions.share(actor, wanted.runner_id, projectId);
    return this.reads.details(actor, wanted.runner_id);
  }

  @RequireScope('manage_runner')
  @Delete('projects/:id/runners/:runner_id')
  @HttpCode(204)
  async unshare(
    @CurrentActor() actor: Actor,
    @Param('id') ref: string,
    @Param('runner_id', runnerId) id: number,
  ): Promise<void> {
    await this.actions.unshare(actor, id, await this.access.projectId(ref));
  }
}
