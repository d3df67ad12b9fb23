import { Artifact, Job, Lane, Pipeline, Project, Runner, RunnerManager } from '@crosstie/domain';
import { Clock, CrosstieConfig, NotFound, type Page } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityTarget, In, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';

import { type ApiJob, toApiJob } from './api-job.js';
import type { JobQuery } from './job-query.js';
import { pageOf } from './query-page.js';
import { PeopleNames } from './people-names.js';
import { PipelineReads } from './pipeline-reads.js';

/** Jobs as people and tools read them. Rights are checked before. */
@Injectable()
export class JobReads {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(PeopleNames) private readonly people: PeopleNames,
    @Inject(PipelineReads) private readonly pipelines: PipelineReads,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Newest first. */
  ofProject(projectId: number, query: JobQuery): Promise<Page<ApiJob>> {
    return this.page(this.rows('job.projectId = :projectId', { projectId }), query);
  }

  /** Newest first; of an attempt that was given up no job is shown, of a retried job only the last try. */
  ofPipeline(pipeline: Pipeline, query: JobQuery): Promise<Page<ApiJob>> {
    const rows = this.rows('job.pipelineId = :pipelineId', { pipelineId: pipeline.id });
    if (!query.include_retried) {
      rows.andWhere('NOT job.retried').andWhere('job.attempt = :attempt', { attempt: pipeline.attempt });
    }
    return this.page(rows, query);
  }

  /** Throws NotFound. The job is looked for in this project alone. */
  async find(projectId: number, jobId: number): Promise<Job> {
    const found = await this.dataSource.getRepository(Job).findOneBy({ id: jobId, projectId });
    if (!found) throw new NotFound('Job');
    return found;
  }

  /** In the same order. */
  async describe(jobs: readonly Job[]): Promise<ApiJob[]> {
    const pipelineRows = await this.byIds(
      Pipeline,
      jobs.map(({ pipelineId }) => pipelineId),
    );
    const pipelines = [...pipelineRows.values()];
    const basics = new Map((await this.pipelines.basics(pipelines)).map((basic) => [basic.id, basic]));
    const projects = await this.byIds(
      Project,
      jobs.map(({ projectId }) => projectId),
    );
    const people = await this.people.byId([...jobs, ...pipelines].map(({ userId }) => userId));
    const lanes = await this.byIds(
      Lane,
      jobs.map(({ laneId }) => laneId),
    );
    const runners = await this.byIds(
      Runner,
      jobs.map(({ runnerId }) => runnerId),
    );
    const managers = await this.byIds(
      RunnerManager,
      jobs.map(({ runnerManagerId }) => runnerManagerId),
    );
    const artifacts = await this.artifactsOf(jobs);
    const now = this.clock.now();
    return jobs.map((job) => {
      const pipeline = pipelineRows.get(job.pipelineId);
      const basic = basics.get(job.pipelineId);
      const fullName = projects.get(job.projectId)?.fullName ?? '';
      if (!pipeline || !basic) throw new Error('A job has no pipeline');
      return toApiJob({
        job,
        pipeline,
        basic,
        githubUrl: `${this.config.github.webUrl}/${fullName}`,
        projectUrl: `${this.config.url}/${fullName}`,
        user: people.get(job.userId ?? pipeline.userId ?? 0) ?? null,
        lane: lanes.get(job.laneId ?? 0) ?? null,
        runner: runners.get(job.runnerId ?? 0) ?? null,
        manager: managers.get(job.runnerManagerId ?? 0) ?? null,
        artifacts: artifacts.filter(({ jobId }) => jobId === job.id),
        now,
      });
    });
  }

  private async page(rows: SelectQueryBuilder<Job>, query: JobQuery): Promise<Page<ApiJob>> {
    if (query.scope) rows.andWhere('job.status IN (:...scope)', { scope: query.scope });
    const page = await pageOf(rows.orderBy('job.id', 'DESC'), query);
    return { ...page, items: await this.describe(page.items) };
  }

  private rows(where: string, values: ObjectLiteral): SelectQueryBuilder<Job> {
    return this.dataSource.getRepository(Job).createQueryBuilder('job').where(where, values);
  }

  private artifactsOf(jobs: readonly Job[]): Promise<Artifact[]> {
    if (jobs.length === 0) return Promise.resolve([]);
    const jobId = In(jobs.map(({ id }) => id));
    return this.dataSource.getRepository(Artifact).find({ where: { jobId }, order: { id: 'ASC' } });
  }

  private async byIds<T extends ObjectLiteral & { id: number }>(
    entity: EntityTarget<T>,
    ids: readonly (number | null)[],
  ): Promise<ReadonlyMap<number, T>> {
    const wanted = [...new Set(ids.filter((id) => id !== null))];
    if (wanted.length === 0) return new Map();
    const rows = await this.dataSource
      .getRepository(entity)
      .createQueryBuilder('wanted')
      .where('wanted.id IN (:...wanted)', { wanted })
      .getMany();
    return new Map(rows.map((row) => [row.id, row]));
  }
}
