import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { Etag, PageAnswer, RecordId } from '@crosstie/platform';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res, UseInterceptors } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { PipelineActions } from '../pipeline-actions.js';
import type { ApiJob } from './api-job.js';
import { JobQuery } from './job-query.js';
import { JobReads } from './job-reads.js';
import { PlayBody } from './play-body.js';
import { PipelineReads } from './pipeline-reads.js';
import { ProjectId } from './project-id.pipe.js';

const jobId = new RecordId('Job');
const pipelineId = new RecordId('Pipeline');

@Controller('api/v4/projects/:id')
@UseInterceptors(Etag)
export class JobsController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(JobReads) private readonly jobs: JobReads,
    @Inject(PipelineReads) private readonly pipelines: PipelineReads,
    @Inject(PipelineActions) private readonly actions: PipelineActions,
    @Inject(PageAnswer) private readonly pages: PageAnswer,
  ) {}

  @Get('jobs')
  @RequireScope('read_api')
  async list(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Query() query: JobQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiJob[]> {
    await this.access.require(actor, 10, projectId);
    const page = await this.jobs.ofProject(projectId, query);
    this.pages.describe(request, reply, page);
    return page.items;
  }

  @Get('pipelines/:pipeline_id/jobs')
  @RequireScope('read_api')
  async ofPipeline(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('pipeline_id', pipelineId) id: number,
    @Query() query: JobQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiJob[]> {
    await this.access.require(actor, 10, projectId);
    const page = await this.jobs.ofPipeline(await this.pipelines.find(projectId, id), query);
    this.pages.describe(request, reply, page);
    return page.items;
  }

  /** Child pipelines are not there yet, and glab asks for them always. */
  @Get('pipelines/:pipeline_id/bridges')
  @RequireScope('read_api')
  async bridges(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('pipeline_id', pipelineId) id: number,
  ): Promise<never[]> {
    await this.access.require(actor, 10, projectId);
    await this.pipelines.find(projectId, id);
    return [];
  }

  @Get('jobs/:job_id')
  @RequireScope('read_api')
  async get(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('job_id', jobId) id: number,
  ): Promise<ApiJob> {
    await this.access.require(actor, 10, projectId);
    return this.one(projectId, id);
  }

  @Post('jobs/:job_id/retry')
  @RequireScope('api')
  async retry(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('job_id', jobId) id: number,
  ): Promise<ApiJob> {
    return this.one(projectId, await this.actions.retryJob(actor, projectId, id));
  }

  /** 200, as GitLab answers it: the row is there already. */
  @Post('jobs/:job_id/play')
  @HttpCode(200)
  @RequireScope('api')
  async play(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('job_id', jobId) id: number,
    @Body() body: PlayBody,
  ): Promise<ApiJob> {
    const variables = body.job_variables_attributes ?? [];
    return this.one(projectId, await this.actions.playJob(actor, projectId, id, variables));
  }

  @Post('jobs/:job_id/cancel')
  @RequireScope('api')
  async cancel(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('job_id', jobId) id: number,
  ): Promise<ApiJob> {
    return this.one(projectId, await this.actions.cancelJob(actor, projectId, id));
  }

  private async one(projectId: number, id: number): Promise<ApiJob> {
    const [answer] = await this.jobs.describe([await this.jobs.find(projectId, id)]);
    if (!answer) throw new Error('A job was not described');
    return answer;
  }
}
