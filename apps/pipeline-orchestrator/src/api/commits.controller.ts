import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { Project } from '@crosstie/domain';
import { CrosstieConfig, Etag, NotFound } from '@crosstie/platform';
import { Controller, Get, Inject, Param, UseInterceptors } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { type ApiCommit, toApiCommit } from './api-commit.js';
import type { ApiPipelineBasic } from './api-pipeline.js';
import { PipelineReads } from './pipeline-reads.js';
import { ProjectId } from './project-id.pipe.js';

@Controller('api/v4/projects/:id')
@UseInterceptors(Etag)
export class CommitsController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(PipelineReads) private readonly pipelines: PipelineReads,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  /** Of a sha or a branch, as far as a push has told: no contents are kept. */
  @Get('repository/commits/:sha')
  @RequireScope('read_api')
  async get(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('sha') sha: string,
  ): Promise<ApiCommit & { status: string; project_id: number; last_pipeline: ApiPipelineBasic | null }> {
    await this.access.require(actor, 10, projectId);
    const newest =
      (await this.pipelines.newest(projectId, { sha })) ?? (await this.pipelines.newest(projectId, { ref: sha }));
    const project = await this.dataSource.getRepository(Project).findOneBy({ id: projectId });
    if (!newest || !project) throw new NotFound('Commit');
    const [last] = await this.pipelines.basics([newest]);
    return {
      ...toApiCommit(newest, `${this.config.github.webUrl}/${project.fullName}`),
      status: newest.status,
      project_id: projectId,
      last_pipeline: last ?? null,
    };
  }

  /** Pull requests make no pipelines yet; glab asks after a push whatever the answer. */
  @Get('merge_requests')
  @RequireScope('read_api')
  async mergeRequests(@CurrentActor() actor: Actor, @Param('id', ProjectId) projectId: number): Promise<never[]> {
    await this.access.require(actor, 10, projectId);
    return [];
  }
}
