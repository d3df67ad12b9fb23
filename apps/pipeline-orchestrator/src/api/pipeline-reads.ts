import { Database, Job, latestPipelines, Pipeline, Project, WebhookDelivery } from '@crosstie/domain';
import { CrosstieConfig, NotFound, type Page } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';
import { In, type SelectQueryBuilder } from 'typeorm';

import { type ApiPipeline, type ApiPipelineBasic, toApiPipeline, toApiPipelineBasic } from './api-pipeline.js';
import { pageOf } from './query-page.js';
import { PeopleNames } from './people-names.js';
import type { PipelineQuery } from './pipeline-query.js';

/** Pipelines as people and tools read them. Rights are checked before. */
@Injectable()
export class PipelineReads {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(PeopleNames) private readonly people: PeopleNames,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  async list(projectId: number, query: PipelineQuery): Promise<Page<ApiPipelineBasic>> {
    const page = await pageOf(this.filtered(projectId, query), query);
    return { ...page, items: await this.basics(page.items) };
  }

  /** Throws NotFound. The pipeline is looked for in this project alone. */
  async find(projectId: number, pipelineId: number): Promise<Pipeline> {
    const found = await this.rows.findOneBy({ id: pipelineId, projectId });
    if (!found) throw new NotFound('Pipeline');
    return found;
  }

  /** The newest of a branch, or of any; null when there is none. */
  newest(projectId: number, where: { ref?: string; sha?: string }): Promise<Pipeline | null> {
    return this.rows.findOne({ where: { projectId, ...where }, order: { id: 'DESC' } });
  }

  async detail(pipeline: Pipeline): Promise<ApiPipeline> {
    const people = await this.people.byId([pipeline.userId]);
    const user = people.get(pipeline.userId ?? 0) ?? null;
    const [basic] = await this.basics([pipeline]);
    if (!basic) throw new Error('A pipeline has no project');
    const withWarnings = await this.database.dataSource.getRepository(Job).existsBy({
      pipelineId: pipeline.id,
      attempt: pipeline.attempt,
      retried: false,
      status: 'failed',
      allowFailure: true,
    });
    const delivery = pipeline.deliveryId
      ? await this.database.dataSource.getRepository(WebhookDelivery).findOneBy({ id: pipeline.deliveryId })
      : null;
    return toApiPipeline(basic, pipeline, {
      user,
      receivedAt: delivery?.receivedAt ?? null,
      withWarnings,
      coverage: await this.coverage(pipeline),
    });
  }

  private async coverage({ id, attempt }: Pipeline): Promise<number | null> {
    const found = await this.database.dataSource
      .getRepository(Job)
      .createQueryBuilder('job')
      .select('avg(job.coverage)', 'mean')
      .where('job.pipelineId = :id AND job.attempt = :attempt AND NOT job.retried', { id, attempt })
      .getRawOne<{ mean: number | null }>();
    return found?.mean ?? null;
  }

  /** In the same order. */
  async basics(pipelines: readonly Pipeline[]): Promise<ApiPipelineBasic[]> {
    const people = await this.people.byId(pipelines.map(({ userId }) => userId));
    const projects = await this.database.dataSource
      .getRepository(Project)
      .findBy({ id: In([...new Set(pipelines.map(({ projectId }) => projectId))]) });
    const names = new Map(projects.map(({ id, fullName }) => [id, fullName]));
    return pipelines.map((pipeline) =>
      toApiPipelineBasic(
        pipeline,
        names.get(pipeline.projectId) ?? '',
        people.get(pipeline.userId ?? 0) ?? null,
        this.config.url,
      ),
    );
  }

  /** The newest pipeline of each project that has one. */
  async newestOf(projectIds: readonly number[]): Promise<ReadonlyMap<number, ApiPipelineBasic>> {
    const newest = await this.database.run(latestPipelines, projectIds);
    if (newest.length === 0) return new Map();
    const rows = await this.rows.findBy({ id: In(newest.map(({ pipelineId }) => pipelineId)) });
    return new Map((await this.basics(rows)).map((basic) => [basic.project_id, basic]));
  }

  private get rows() {
    return this.database.dataSource.getRepository(Pipeline);
  }

  private filtered(projectId: number, query: PipelineQuery): SelectQueryBuilder<Pipeline> {
    const rows = this.rows.createQueryBuilder('pipeline').where('pipeline.projectId = :projectId', { projectId });
    for (const [condition, values] of query.conditions()) rows.andWhere(condition, values);
    const direction = query.sort === 'asc' ? 'ASC' : 'DESC';
    rows.orderBy(`pipeline.${query.orderColumn()}`, direction);
    return query.orderColumn() === 'id' ? rows : rows.addOrderBy('pipeline.id', direction);
  }
}
