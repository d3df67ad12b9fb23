import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { Etag, Forbidden, PageAnswer, RecordId } from '@crosstie/platform';
import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res, UseInterceptors } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { PipelineActions } from '../pipeline-actions.js';
import type { ApiPipeline, ApiPipelineBasic } from './api-pipeline.js';
import { LatestQuery } from './latest-query.js';
import { PipelineQuery } from './pipeline-query.js';
import { PipelineReads } from './pipeline-reads.js';
import { ProjectId } from './project-id.pipe.js';

const pipelineId = new RecordId('Pipeline');

@Controller('api/v4/projects/:id/pipelines')
@UseInterceptors(Etag)
export class PipelinesController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(PipelineReads) private readonly pipelines: PipelineReads,
    @Inject(PipelineActions) private readonly actions: PipelineActions,
    @Inject(PageAnswer) private readonly pages: PageAnswer,
  ) {}

  @Get()
  @RequireScope('read_api')
  async list(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Query() query: PipelineQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiPipelineBasic[]> {
    await this.access.require(actor, 10, projectId);
    const page = await this.pipelines.list(projectId, query);
    this.pages.describe(request, reply, page);
    return page.items;
  }

  @Get('latest')
  @RequireScope('read_api')
  async latest(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Query() { ref }: LatestQuery,
  ): Promise<ApiPipeline> {
    await this.access.require(actor, 10, projectId);
    const newest = await this.pipelines.newest(projectId, ref ? { ref } : {});
    // GitLab answers 403 here, and its clients show the sentence of a 403 alone.
    if (!newest) throw new Forbidden(`There is no pipeline${ref ? ` on ${ref}` : ''} yet.`, 'no_pipeline');
    return this.pipelines.detail(newest);
  }

  @Get(':pipeline_id')
  @RequireScope('read_api')
  async get(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('pipeline_id', pipelineId) id: number,
  ): Promise<ApiPipeline> {
    await this.access.require(actor, 10, projectId);
    return this.pipelines.detail(await this.pipelines.find(projectId, id));
  }

  @Post(':pipeline_id/retry')
  @RequireScope('api')
  async retry(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('pipeline_id', pipelineId) id: number,
  ): Promise<ApiPipeline> {
    const changed = await this.actions.retryPipeline(actor, projectId, id);
    return this.pipelines.detail(await this.pipelines.find(projectId, changed));
  }

  @Post(':pipeline_id/cancel')
  @HttpCode(200) // as GitLab answers, not Nest's 201
  @RequireScope('api')
  async cancel(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('pipeline_id', pipelineId) id: number,
  ): Promise<ApiPipeline> {
    const changed = await this.actions.cancelPipeline(actor, projectId, id);
    return this.pipelines.detail(await this.pipelines.find(projectId, changed));
  }
}
