import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { Database, Environment, Job, type LastDeployment, lastDeployments, stopEnvironment } from '@crosstie/domain';
import { Clock, Etag, NotFound, PageAnswer, RecordId } from '@crosstie/platform';
import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res, UseInterceptors } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DataSource, In } from 'typeorm';

import type { ApiJob } from './api-job.js';
import { PipelineActions } from '../pipeline-actions.js';
import { EnvironmentStops } from '../definitions/environment-stops.js';
import { EnvironmentQuery } from './environment-query.js';
import { JobReads } from './job-reads.js';
import { ProjectId } from './project-id.pipe.js';
import { pageOf } from './query-page.js';

/** An environment as `/api/v4` answers it. */
export interface ApiEnvironment {
  id: number;
  name: string;
  slug: string;
  external_url: string | null;
  state: 'available' | 'stopped';
  tier: string;
  created_at: string;
  updated_at: string;
  /** Alone, not in a list. */
  last_deployment?: { id: number; status: string; ref: string; sha: string; deployable: ApiJob } | null;
}

const runs = 30;
const environmentId = new RecordId('Environment');

@Controller('api/v4/projects/:id/environments')
@UseInterceptors(Etag)
export class EnvironmentsController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Database) private readonly database: Database,
    @Inject(JobReads) private readonly jobs: JobReads,
    @Inject(PageAnswer) private readonly pages: PageAnswer,
    @Inject(EnvironmentStops) private readonly stops: EnvironmentStops,
    @Inject(PipelineActions) private readonly actions: PipelineActions,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Get()
  @RequireScope('read_api')
  async list(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Query() query: EnvironmentQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ApiEnvironment[]> {
    await this.access.require(actor, 10, projectId);
    const rows = this.dataSource
      .getRepository(Environment)
      .createQueryBuilder('environment')
      .where('environment.projectId = :projectId', { projectId })
      .orderBy('environment.name', 'ASC');
    if (query.name !== undefined) rows.andWhere('environment.name = :name', { name: query.name });
    const page = await pageOf(rows, query);
    this.pages.describe(request, reply, page);
    return this.described(projectId, page.items);
  }

  @Get(':environment_id')
  @RequireScope('read_api')
  async get(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('environment_id', environmentId) id: number,
  ): Promise<ApiEnvironment> {
    await this.access.require(actor, 10, projectId);
    const found = await this.dataSource.getRepository(Environment).findOneBy({ id, projectId });
    const [answer] = found ? await this.described(projectId, [found]) : [];
    if (!found || !answer) throw new NotFound('Environment');
    const [last] = await this.database.run(lastDeployments, projectId, [found.name]);
    return { ...answer, last_deployment: last ? await this.deployment(last.jobId) : null };
  }

  /** Runs the job that stops it; without such a job it counts as stopped from now on. */
  @Post(':environment_id/stop')
  @HttpCode(200)
  @RequireScope('api')
  async stop(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('environment_id', environmentId) id: number,
  ): Promise<ApiEnvironment> {
    await this.access.require(actor, runs, projectId);
    const found = await this.dataSource.getRepository(Environment).findOneBy({ id, projectId });
    if (!found) throw new NotFound('Environment');
    const job = await this.stops.jobOf(projectId, found.name);
    if (job) await this.actions.playJob(actor, projectId, job.id, []);
    else await this.database.run(stopEnvironment, id, this.clock.now());
    return this.get(actor, projectId, id);
  }

  private async described(projectId: number, rows: readonly Environment[]): Promise<ApiEnvironment[]> {
    const names = rows.map(({ name }) => name);
    const last = new Map((await this.database.run(lastDeployments, projectId, names)).map((one) => [one.name, one]));
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      slug: row.slug,
      external_url: last.get(row.name)?.url ?? null,
      state: isStopped(row, last.get(row.name)) ? 'stopped' : 'available',
      tier: row.tier,
      created_at: row.createdAt.toISOString(),
      updated_at: row.updatedAt.toISOString(),
    }));
  }

  private async deployment(jobId: number): Promise<ApiEnvironment['last_deployment']> {
    const [job] = await this.jobs.describe(await this.dataSource.getRepository(Job).findBy({ id: In([jobId]) }));
    if (!job) return null;
    return { id: job.id, status: job.status, ref: job.ref, sha: job.pipeline.sha, deployable: job };
  }
}

/** The last job that ended well decides, unless somebody has stopped it since without one. */
function isStopped({ stoppedAt }: Environment, last: LastDeployment | undefined): boolean {
  if (!last) return stoppedAt !== null;
  return last.action === 'stop' || (stoppedAt !== null && stoppedAt > last.finishedAt);
}
