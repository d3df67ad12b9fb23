import { Access, type Actor } from '@crosstie/access';
import {
  Database,
  Installation,
  Job,
  jobsOfRunner,
  Project,
  Runner,
  RunnerManager,
  RunnerProject,
} from '@crosstie/domain';
import { Clock, CrosstieConfig, NotFound, type Page, readPage } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import { DataSource, In, type SelectQueryBuilder } from 'typeorm';

import {
  type ApiRunner,
  type ApiRunnerDetails,
  type ApiRunnerManager,
  type RunnerFacts,
  toApiRunner,
  toApiRunnerDetails,
  toApiRunnerManager,
} from './api-runner.js';
import { type ApiRunnerJob, toApiRunnerJob } from './api-runner-job.js';
import type { RunnerJobQuery, RunnerQuery } from './runner-fields.js';

const maintainer = 40;
/** A house has some hundreds of runners; whoever has more asks by filter. */
const runnersMax = 5_000;
const held = ['running', 'canceling'];
const jobsLookedThrough = 100_000;
const guest = 10;

/** Runners as people see them. */
@Injectable()
export class RunnerReads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly database: Database,
    private readonly access: Access,
    private readonly config: CrosstieConfig,
    private readonly clock: Clock,
  ) {}

  /** Those that this person may administer. */
  async ownedBy(actor: Actor, query: RunnerQuery): Promise<ApiRunner[]> {
    const mine: Runner[] = [];
    const levels = new Map<number, Promise<boolean>>();
    for (const runner of await this.select(query).getMany()) {
      if (await this.mayAdminister(actor, runner, levels)) mine.push(runner);
    }
    return this.answer(mine, query);
  }

  async all(query: RunnerQuery): Promise<ApiRunner[]> {
    return this.answer(await this.select(query).getMany(), query);
  }

  /** Those that take jobs of a project: its own, its owner's, and the server's. */
  async ofProject(projectId: number, query: RunnerQuery): Promise<ApiRunner[]> {
    const project = await this.dataSource.getRepository(Project).findOneByOrFail({ id: projectId });
    const { host, accountId } = await this.dataSource
      .getRepository(Installation)
      .findOneByOrFail({ id: project.installationId });
    const fitting = this.select(query).andWhere(
      `(runner.project_id = :projectId OR runner.owner_key = :owner OR runner.runner_type = 'instance_type'
        OR runner.id IN (SELECT runner_id FROM runner_project WHERE project_id = :projectId))`,
      { projectId, owner: `${host}/${accountId}` },
    );
    return this.answer(await fitting.getMany(), query);
  }

  async details(actor: Actor, id: number): Promise<ApiRunnerDetails> {
    const runner = await this.find(actor, id);
    const [facts] = await this.factsOf([runner]);
    const shared = await this.dataSource.getRepository(RunnerProject).findBy({ runnerId: id });
    const ids = [runner.projectId, ...shared.map(({ projectId }) => projectId)].filter((each) => each !== null);
    const projects = await this.dataSource.getRepository(Project).findBy({ id: In(ids) });
    return toApiRunnerDetails(facts as RunnerFacts, projects);
  }

  async managers(actor: Actor, id: number): Promise<ApiRunnerManager[]> {
    const runner = await this.find(actor, id);
    const managers = await this.dataSource
      .getRepository(RunnerManager)
      .find({ where: { runnerId: runner.id }, order: { id: 'DESC' }, take: 1_000 });
    const busy = await this.busy('runner_manager_id', managers);
    const now = this.clock.now();
    return managers.map((manager) => toApiRunnerManager(manager, busy.has(manager.id), now));
  }

  /** Those of an owner on GitHub, named by number or login, and of its projects. Throws NotFound. */
  async ofGroup(ref: string, query: RunnerQuery): Promise<ApiRunner[]> {
    const where = /^\d{1,15}$/.test(ref) ? { accountId: Number(ref) } : { accountLogin: ref };
    const installation = await this.dataSource.getRepository(Installation).findOneBy(where);
    if (!installation) throw new NotFound('Group');
    const { id, host, accountId } = installation;
    const fitting = this.select(query).andWhere(
      '(runner.owner_key = :owner OR runner.project_id IN (SELECT id FROM project WHERE installation_id = :id))',
      { owner: `${host}/${accountId}`, id },
    );
    return this.answer(await fitting.getMany(), query);
  }

  /** What a runner was given, newest first, without the jobs of projects that this person does not see. */
  async jobsOf(actor: Actor, id: number, query: RunnerJobQuery): Promise<Page<ApiRunnerJob>> {
    const runner = await this.find(actor, id);
    const which = [runner.id, query.status ?? null, query.system_id ?? null, jobsLookedThrough] as const;
    const page = await readPage(query, (limit, offset) => this.database.run(jobsOfRunner, ...which, limit, offset));
    const seen = new Map<number, boolean>();
    for (const { project_id: projectId } of page.items) {
      if (seen.has(projectId)) continue;
      seen.set(projectId, actor.isAdmin || (await this.access.allows(actor.userId, guest, projectId)));
    }
    const now = this.clock.now();
    const items = page.items.filter(({ project_id: projectId }) => seen.get(projectId));
    return { ...page, items: items.map((job) => toApiRunnerJob(job, this.config.url, now)) };
  }

  /** The runner, for somebody who may administer it. Throws NotFound for everybody else. */
  async find(actor: Actor, id: number): Promise<Runner> {
    const runner = await this.dataSource.getRepository(Runner).findOneBy({ id });
    if (!runner || !(await this.mayAdminister(actor, runner, new Map()))) throw new NotFound('Runner');
    return runner;
  }

  private async mayAdminister(actor: Actor, runner: Runner, known: Map<number, Promise<boolean>>): Promise<boolean> {
    if (actor.isAdmin) return true;
    const { projectId } = runner;
    if (projectId === null) return false;
    let may = known.get(projectId);
    if (!may) known.set(projectId, (may = this.access.allows(actor.userId, maintainer, projectId)));
    return may;
  }

  private select(query: RunnerQuery): SelectQueryBuilder<Runner> {
    const runners = this.dataSource.getRepository(Runner).createQueryBuilder('runner').orderBy('runner.id', 'DESC');
    if (query.type) runners.andWhere('runner.runner_type = :type', { type: query.type });
    if (query.paused !== undefined) runners.andWhere('runner.paused = :paused', { paused: query.paused });
    if (query.tag_list) runners.andWhere('runner.tags @> :tags::text[]', { tags: query.tag_list });
    return runners.take(runnersMax);
  }

  private async answer(runners: readonly Runner[], { status }: RunnerQuery): Promise<ApiRunner[]> {
    const answers = (await this.factsOf(runners)).map(toApiRunner);
    return status === undefined ? answers : answers.filter((runner) => runner.status === status);
  }

  private async factsOf(runners: readonly Runner[]): Promise<RunnerFacts[]> {
    const now = this.clock.now();
    const managers = await this.dataSource
      .getRepository(RunnerManager)
      .find({ where: { runnerId: In(runners.map(({ id }) => id)) }, order: { contactedAt: 'ASC' } });
    const latest = new Map(managers.map((manager) => [manager.runnerId, manager]));
    const busy = await this.busy('runner_id', runners);
    return runners.map((runner) => ({
      runner,
      manager: latest.get(runner.id) ?? null,
      isBusy: busy.has(runner.id),
      now,
    }));
  }

  private async busy(column: 'runner_id' | 'runner_manager_id', of: readonly { id: number }[]): Promise<Set<number>> {
    const rows = await this.dataSource
      .getRepository(Job)
      .createQueryBuilder('job')
      .select(`DISTINCT job.${column}`, 'id')
      .where('job.status IN (:...held)', { held })
      .andWhere(`job.${column} = ANY (:ids)`, { ids: of.map(({ id }) => id) })
      .getRawMany<{ id: number }>();
    return new Set(rows.map(({ id }) => id));
  }
}
