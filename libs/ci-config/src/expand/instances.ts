import type { Budget } from '../budget.js';
import { charCount } from '../characters.js';
import { plain, type Report } from '../findings.js';
import { limits } from '../limits.js';
import type { JobDefinition } from '../shape/job.js';
import { countProducts, type Matrix } from '../shape/keywords/parallel.js';
import type { ExpandedNeeds } from './expanded-needs.js';
import { noVariables, type Variable, type Variables } from '../shape/variables.js';

/** One job as it would run: a definition, or one cell of its `parallel`. */
export interface JobInstance {
  readonly definition: JobDefinition;
  readonly name: string;
  readonly parallel: { index: number; total: number } | null;
  readonly matrix: Variables;
}

/** All instances by name, and the names that each definition became. */
export interface Instances {
  readonly byName: ReadonlyMap<string, JobInstance>;
  readonly byDefinition: ReadonlyMap<string, readonly string[]>;
  readonly budget: Budget;
  /** The job's own needs of each instance, once expanded: they are asked for before and after the rules. */
  readonly ownNeeds: Map<JobInstance, ExpandedNeeds>;
}

/** An instance lives to the end, so it costs more than a step: a million of them are refused before they are made. */
const STEPS_OF_INSTANCE = 100;

/** Makes the instances of every job: `name 1/3` for a number, `name: [a, b]` for a matrix. */
export function makeInstances(jobs: readonly JobDefinition[], budget: Budget, report: Report): Instances {
  const byName = new Map<string, JobInstance>();
  const byDefinition = new Map<string, string[]>();
  for (const job of jobs) {
    const names: string[] = [];
    budget.spend(STEPS_OF_INSTANCE * totalOf(job), job.key);
    for (const instance of instancesOf(job)) {
      warnTwice(instance, byName, report);
      checkName(instance, report);
      byName.set(instance.name, instance);
      names.push(instance.name);
    }
    byDefinition.set(job.name, [...new Set(names)]);
  }
  return { byName, byDefinition, budget, ownNeeds: new Map() };
}

function totalOf({ values: { parallel } }: JobDefinition): number {
  if (parallel === undefined) return 1;
  return parallel.kind === 'number' ? parallel.total : countProducts(parallel.matrix);
}

function instancesOf(job: JobDefinition): JobInstance[] {
  const { parallel } = job.values;
  if (parallel === undefined) return [{ definition: job, name: job.name, parallel: null, matrix: noVariables }];
  if (parallel.kind === 'matrix') return matrixInstances(job, parallel.matrix);
  const { total } = parallel;
  return Array.from({ length: total }, (_, i) => ({
    definition: job,
    name: `${job.name} ${i + 1}/${total}`,
    parallel: { index: i + 1, total },
    matrix: noVariables,
  }));
}

function matrixInstances(job: JobDefinition, matrix: Matrix): JobInstance[] {
  const cells = products(matrix);
  return cells.map((cell, i) => ({
    definition: job,
    name: cellName(job.name, cell),
    parallel: { index: i + 1, total: cells.length },
    matrix: new Map([...cell].map(([name, value]): [string, Variable] => [name, { value, raw: false, at: job.key }])),
  }));
}

/** `name: [a, b]`, as a cell of a matrix is called. */
export function cellName(job: string, cell: ReadonlyMap<string, string>): string {
  return `${job}: [${[...cell.values()].join(', ')}]`;
}

/** The cells of a matrix in order: the first key of each hash changes slowest. */
export function products(matrix: Matrix): ReadonlyMap<string, string>[] {
  return matrix.flatMap((hash) => {
    let cells: ReadonlyMap<string, string>[] = [new Map()];
    for (const [name, values] of hash) {
      cells = cells.flatMap((cell) => values.map((value) => new Map([...cell, [name, value]])));
    }
    return cells;
  });
}

function checkName(instance: JobInstance, report: Report): void {
  if (instance.parallel === null || charCount(instance.name) <= limits.nameChars) return;
  const path = `jobs:${plain(instance.definition.name)}:parallel`;
  const sentence = `${path} makes a job name that is too long (maximum is ${limits.nameChars} characters): ${plain(instance.name)}.`;
  report.error('length', sentence, path, instance.definition.places.get('parallel') ?? instance.definition.key);
}

function warnTwice(instance: JobInstance, before: ReadonlyMap<string, JobInstance>, report: Report): void {
  if (!before.has(instance.name)) return;
  const { definition } = instance;
  const sentence = `jobs:${plain(definition.name)} makes a second job called ${plain(instance.name)}; only the later one is kept.`;
  report.warn('job_twice', sentence, `jobs:${plain(definition.name)}`, definition.key);
}

/** The name without the suffix of its instance. */
export function groupName(name: string): string {
  return name.replace(/(?:: \[.*\]| \d+\/\d+)$/s, '');
}
