import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { Database, Job, ResourceGroup, setProcessMode, upcomingJobs } from '@crosstie/domain';
import { Clock, Etag, NotFound } from '@crosstie/platform';
import { Body, Controller, Get, Inject, Param, Put, UseInterceptors } from '@nestjs/common';
import { IsIn } from 'class-validator';
import { DataSource, In } from 'typeorm';

import type { ApiJob } from './api-job.js';
import { JobReads } from './job-reads.js';
import { ProjectId } from './project-id.pipe.js';

const runs = 30;
const groupsMax = 100;
const modes = ['unordered', 'oldest_first', 'newest_first', 'newest_ready_first'] as const;

class ResourceGroupBody {
  @IsIn(modes, { message: `process_mode is one of ${modes.join(', ')}` })
  process_mode: (typeof modes)[number];
}

/** A resource as `/api/v4` answers it. */
export interface ApiResourceGroup {
  id: number;
  key: string;
  process_mode: string;
  created_at: string;
  updated_at: string;
}

@Controller('api/v4/projects/:id/resource_groups')
@UseInterceptors(Etag)
export class ResourceGroupsController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Database) private readonly database: Database,
    @Inject(JobReads) private readonly jobs: JobReads,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Get()
  @RequireScope('read_api')
  async list(@CurrentActor() actor: Actor, @Param('id', ProjectId) projectId: number): Promise<ApiResourceGroup[]> {
    await this.access.require(actor, runs, projectId);
    const groups = this.dataSource.getRepository(ResourceGroup);
    return (await groups.find({ where: { projectId }, order: { key: 'ASC' }, take: groupsMax })).map(toApi);
  }

  @Get(':key')
  @RequireScope('read_api')
  async get(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('key') key: string,
  ): Promise<ApiResourceGroup> {
    await this.access.require(actor, runs, projectId);
    return toApi(await this.find(projectId, key));
  }

  @Put(':key')
  @RequireScope('api')
  async change(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('key') key: string,
    @Body() body: ResourceGroupBody,
  ): Promise<ApiResourceGroup> {
    await this.access.require(actor, runs, projectId);
    await this.find(projectId, key);
    await this.database.run(setProcessMode, projectId, key, body.process_mode, this.clock.now());
    return toApi(await this.find(projectId, key));
  }

  @Get(':key/upcoming_jobs')
  @RequireScope('read_api')
  async upcoming(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('key') key: string,
  ): Promise<ApiJob[]> {
    await this.access.require(actor, runs, projectId);
    const { processMode } = await this.find(projectId, key);
    const ids = (await this.database.run(upcomingJobs, projectId, key, processMode)).map(({ id }) => id);
    const rows = await this.dataSource.getRepository(Job).findBy({ id: In(ids) });
    return this.jobs.describe(rows.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)));
  }

  private async find(projectId: number, key: string): Promise<ResourceGroup> {
    const found = await this.dataSource.getRepository(ResourceGroup).findOneBy({ projectId, key });
    if (!found) throw new NotFound('ResourceGroup');
    return found;
  }
}

function toApi(group: ResourceGroup): ApiResourceGroup {
  return {
    id: group.id,
    key: group.key,
    process_mode: group.processMode,
    created_at: group.createdAt.toISOString(),
    updated_at: group.updatedAt.toISOString(),
  };
}
