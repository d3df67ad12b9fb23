import { charCount } from '../characters.js';
import { plain, quote } from '../findings.js';
import type { Report } from '../findings.js';
import { expandNeeds, expandName, expandOwnNeeds } from '../expand/needs.js';
import type { ExpandedNeeds } from '../expand/expanded-needs.js';
import type { Instances, JobInstance } from '../expand/instances.js';
import { limits } from '../limits.js';
import { didYouMean } from '../nearest.js';
import { given, type Node } from '../nodes.js';
import { groupName } from '../expand/instances.js';
import type { JobDefinition } from '../shape/job.js';
import { artifactJobs } from '../shape/keywords/trigger.js';
import type { Configuration } from '../shape/root.js';
import { findCycle } from './cycles.js';

/**
 * The checks that need more than one job: stages and names that exist, order, cycles. They look at
 * all jobs that are defined, whether a rule keeps them or not.
 */
export function checkLogic(configuration: Configuration, instances: Instances, report: Report): void {
  const checker = new Checker(configuration, instances, report);
  const graph = new Map<string, readonly string[]>();
  const checked = new Set<JobDefinition>();
  for (const instance of instances.byName.values()) {
    if (!checked.has(instance.definition)) checker.definition(instance.definition);
    checked.add(instance.definition);
    graph.set(instance.name, checker.needs(instance));
  }
  checker.cycle(graph);
}

class Checker {
  private readonly position: ReadonlyMap<string, number>;
  private byName: ReadonlyMap<string, JobDefinition> | undefined;

  constructor(
    private readonly configuration: Configuration,
    private readonly instances: Instances,
    private readonly report: Report,
  ) {
    this.position = new Map(configuration.stages.map((stage, index) => [stage, index]));
  }

  private get definitions(): ReadonlyMap<string, JobDefinition> {
    return (this.byName ??= new Map(this.configuration.jobs.map((job) => [job.name, job])));
  }

  definition(job: JobDefinition): void {
    this.stage(job);
    this.dependencies(job);
    this.triggerJobs(job);
    this.stopJob(job);
  }

  private fault(job: JobDefinition, key: string, code: string, what: string, at: Node | undefined): void {
    const path = `jobs:${plain(job.name)}:${key}`;
    this.report.error(code, `${plain(job.name)} job: ${what}.`, path, at ?? job.key);
  }

  /** Looking for the nearest of many names takes time, which is wasted on findings that nobody reads. */
  private hint(written: string, known: Iterable<string>): string {
    return this.report.isFull ? '' : didYouMean(written, known);
  }

  private stage(job: JobDefinition): void {
    const stage = stageOf(job);
    if (this.position.has(stage) || !this.knowsStage(job)) return;
    const shown = this.configuration.stages.slice(0, 30).map(plain).join(', ');
    const what = `chosen stage ${plain(stage)} does not exist; available stages are ${shown}${this.hint(stage, this.configuration.stages)}`;
    this.fault(job, 'stage', 'stage_unknown', what, job.places.get('stage'));
  }

  private dependencies(job: JobDefinition): void {
    for (const name of job.values.dependencies ?? []) {
      for (const one of expandName(name, this.instances)) this.dependency(job, one);
    }
  }

  private dependency(job: JobDefinition, name: string): void {
    const at = job.places.get('dependencies');
    const target = this.instances.byName.get(name);
    if (target === undefined && this.isBroken(name)) return;
    if (target === undefined) {
      const what = `undefined dependency: ${plain(name)}${this.hint(name, this.instances.byDefinition.keys())}`;
      this.fault(job, 'dependencies', 'dependency_unknown', what, at);
    } else if (this.isLater(target.definition, job)) {
      const what = `dependency ${plain(name)} is not defined in current or prior stages`;
      this.fault(job, 'dependencies', 'dependency_later', what, at);
    }
  }

  /** Whether what a job says about its stage could be read: a default in its place would mislead. */
  private knowsStage(job: JobDefinition): boolean {
    if (!this.configuration.stagesKnown) return false;
    // What the job says itself can be read whatever else is wrong in it; what it does not say may come from there.
    return job.places.has('stage') ? job.values.stage !== undefined : !this.isBroken(job.name);
  }

  /** A job that is faulty may have what others miss in it, also as an instance of its `parallel`. */
  private isBroken(name: string): boolean {
    const { doubtful } = this.configuration;
    return doubtful.size > 0 && (doubtful.has(name) || doubtful.has(groupName(name)));
  }

  private isLater(target: JobDefinition, job: JobDefinition): boolean {
    if (!this.knowsStage(target) || !this.knowsStage(job)) return false;
    return (this.position.get(stageOf(target)) ?? 0) > (this.position.get(stageOf(job)) ?? Number.MAX_SAFE_INTEGER);
  }

  /** Checks the needs of the job and of each of its rules; returns the job's own for the cycle check. */
  needs(instance: JobInstance): readonly string[] {
    const { definition } = instance;
    const expanded = expandOwnNeeds(instance, this.instances, this.report);
    if (expanded) this.needList(definition, expanded, 'needs');
    for (const rule of definition.values.rules ?? []) {
      if (rule.needs)
        this.needList(definition, expandNeeds(rule.needs, instance, this.instances, this.report), 'rules:rule:needs');
    }
    return (expanded?.jobs ?? []).map((need) => need.job);
  }

  private needList(job: JobDefinition, needs: ExpandedNeeds, key: string): void {
    const seen = new Set<string>();
    for (const need of needs.jobs) {
      const target = this.instances.byName.get(need.job);
      if (charCount(need.job) > limits.nameChars) {
        this.fault(
          job,
          key,
          'length',
          `need ${plain(need.job)} is too long (maximum is ${limits.nameChars} characters)`,
          need.at,
        );
      } else if (target === undefined && !need.optional && !this.isBroken(need.job)) {
        const what = `undefined need: ${plain(need.job)}${this.hint(need.job, this.instances.byDefinition.keys())}`;
        this.fault(job, key, 'need_unknown', what, need.at);
      } else if (target && this.isLater(target.definition, job)) {
        this.fault(
          job,
          key,
          'need_later',
          `need ${plain(need.job)} is not defined in current or prior stages`,
          need.at,
        );
      }
      if (seen.has(need.job))
        this.fault(job, key, 'need_twice', `has the following needs duplicated: ${plain(need.job)}`, need.at);
      seen.add(need.job);
    }
    if (needs.cross.length === 0) return;
    for (const kind of ['pipeline', 'project'] as const) {
      const count = needs.cross.filter((need) => need.kind === kind).length;
      if (count <= limits.crossPipelineNeeds) continue;
      const what = `has too many needs on another ${kind}: ${count} (maximum ${limits.crossPipelineNeeds})`;
      this.fault(job, key, 'length', what, job.places.get('needs'));
    }
  }

  private triggerJobs(job: JobDefinition): void {
    for (const { job: name, at } of artifactJobs(job.places.get('trigger'))) {
      for (const one of expandName(name, this.instances)) {
        const target = this.instances.byName.get(one);
        if (target === undefined && this.isBroken(one)) continue;
        if (target === undefined)
          this.fault(job, 'trigger', 'need_unknown', `undefined dependency: ${plain(name)}`, at);
        else if (this.isLater(target.definition, job)) {
          this.fault(
            job,
            'trigger',
            'need_later',
            `dependency ${plain(name)} is not defined in current or prior stages`,
            at,
          );
        }
      }
    }
  }

  private stopJob(job: JobDefinition): void {
    const stop = job.values.environment?.['on_stop'];
    if (typeof stop !== 'string' || this.isBroken(stop)) return;
    const at = given(job.places.get('environment'), 'on_stop');
    const target = this.definitions.get(stop);
    const environment = target?.values.environment;
    const wrong =
      target === undefined
        ? `on_stop job ${quote(stop)} is not defined`
        : environment === undefined
          ? `on_stop job ${quote(stop)} does not have environment defined`
          : environment['name'] !== job.values.environment?.['name']
            ? `on_stop job ${quote(stop)} have different environment name`
            : environment['action'] !== 'stop'
              ? `on_stop job ${quote(stop)} needs to have action stop defined`
              : undefined;
    if (wrong !== undefined) this.fault(job, 'environment:on_stop', 'on_stop', wrong, at);
  }

  cycle(graph: ReadonlyMap<string, readonly string[]>): void {
    const cycle = findCycle(graph);
    const first = cycle?.[0];
    const job = first === undefined ? undefined : this.instances.byName.get(first)?.definition;
    if (cycle === null || job === undefined) return;
    const names = cycle.length > 8 ? [...cycle.slice(0, 8), '…'] : cycle;
    this.fault(
      job,
      'needs',
      'needs_circular',
      `the needs form a cycle: ${names.map(plain).join(' → ')}`,
      job.places.get('needs'),
    );
  }
}

export function stageOf(job: JobDefinition): string {
  return job.values.stage ?? 'test';
}
