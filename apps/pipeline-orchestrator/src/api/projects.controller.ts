import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { Database, Project, recordAudit, setAutoCancel } from '@crosstie/domain';
import { CrosstieConfig, cutPage, Etag, NotFound, PageAnswer } from '@crosstie/platform';
import { Body, Controller, Get, Inject, Param, Put, Query, Req, Res, UseInterceptors } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';

import { type ApiProject, toApiProject } from './api-project.js';
import { PipelineReads } from './pipeline-reads.js';
import { ProjectBody } from './project-body.js';
import { ProjectId } from './project-id.pipe.js';
import { ProjectQuery } from './project-query.js';
import { type VisibleProject, VisibleProjects } from './visible-projects.js';

const maintains = 40;

@Controller('api/v4/projects')
@UseInterceptors(Etag)
export class ProjectsController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(VisibleProjects) private readonly visible: VisibleProjects,
    @Inject(PipelineReads) private readonly pipelines: PipelineReads,
    @Inject(PageAnswer) private readonly pages: PageAnswer,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Database) private readonly database: Database,
  ) {}

  @Get()
  @RequireScope('read_api')
  async list(
    @CurrentActor() actor: Actor,
    @Query() query: ProjectQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiProject[]> {
    const page = cutPage(query.select(await this.visible.of(actor)), query);
    this.pages.describe(request, reply, page);
    return this.describe(page.items);
  }

  @Get(':id')
  @RequireScope('read_api')
  async get(@CurrentActor() actor: Actor, @Param('id', ProjectId) projectId: number): Promise<ApiProject> {
    await this.access.require(actor, 10, projectId);
    const project = await this.dataSource.getRepository(Project).findOneBy({ id: projectId });
    if (!project) throw new NotFound('Project');
    const level = await this.visible.level(actor, projectId);
    const [answer] = await this.describe([{ project, level }]);
    if (!answer) throw new NotFound('Project');
    return answer;
  }

  @Put(':id')
  @RequireScope('api')
  async change(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Body() body: ProjectBody,
  ): Promise<ApiProject> {
    await this.access.require(actor, maintains, projectId);
    const wanted = body.auto_cancel_pending_pipelines;
    if (wanted !== undefined) {
      await this.database.transaction(async (tx) => {
        await tx.run(setAutoCancel, projectId, wanted === 'enabled');
        const details = { auto_cancel_pending_pipelines: wanted };
        const entry = { actorId: actor.userId, action: 'project.changed', entityType: 'project', entityId: projectId };
        await recordAudit(tx, { ...entry, details });
      });
    }
    return this.get(actor, projectId);
  }

  private async describe(visible: readonly VisibleProject[]): Promise<ApiProject[]> {
    const newest = await this.pipelines.newestOf(visible.map(({ project }) => project.id));
    const addresses = { url: this.config.url, githubUrl: this.config.github.webUrl };
    return visible.map(({ project, level }) => toApiProject(project, level, newest.get(project.id) ?? null, addresses));
  }
}
