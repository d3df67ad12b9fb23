import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { Pipeline } from '@crosstie/domain';
import { Etag, NotFound, RecordId } from '@crosstie/platform';
import { Controller, Get, Inject, Param, UseInterceptors } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { type PipelineView, PipelineViews } from './pipeline-views.js';

@Controller('api/crosstie/v1/pipelines')
@UseInterceptors(Etag)
export class PipelineViewsController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(PipelineViews) private readonly views: PipelineViews,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  @Get(':id')
  @RequireScope('read_api')
  async get(@CurrentActor() actor: Actor, @Param('id', new RecordId('Pipeline')) id: number): Promise<PipelineView> {
    const pipeline = await this.dataSource.getRepository(Pipeline).findOneBy({ id });
    // A pipeline that may not be seen is answered like one that is not there.
    if (!pipeline || !(await this.access.allows(actor.userId, 10, pipeline.projectId))) throw new NotFound('Pipeline');
    return this.views.of(actor, pipeline);
  }
}
