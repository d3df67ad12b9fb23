import { plain, type Report } from '../findings.js';
import { limits } from '../limits.js';
import type { Node } from '../nodes.js';
import type { Need } from '../shape/keywords/needs.js';
import type { CrossNeed, ExpandedNeeds, InstanceNeed } from './expanded-needs.js';
import type { Matrix } from '../shape/keywords/parallel.js';
import { cellName, products, type Instances, type JobInstance } from './instances.js';

const MATRIX_BLOCK = /\$\[\[\s*matrix\.([^\s\]|]+)\s*\]\]/g;

/** The needs of the job itself, not of one of its rules; expanded once. */
export function expandOwnNeeds(instance: JobInstance, instances: Instances, report: Report): ExpandedNeeds | null {
  const { needs } = instance.definition.values;
  if (needs === undefined) return null;
  const known = instances.ownNeeds.get(instance);
  if (known) return known;
  const made = expandNeeds(needs, instance, instances, report);
  instances.ownNeeds.set(instance, made);
  return made;
}

/** Turns the needs of an instance, as written, into the names of the instances that they mean. */
export function expandNeeds(
  needs: readonly Need[],
  instance: JobInstance,
  instances: Instances,
  report: Report,
): ExpandedNeeds {
  const jobs: InstanceNeed[] = [];
  const cross: CrossNeed[] = [];
  for (const need of needs) {
    if (need.kind !== 'job') cross.push(need);
    else {
      const names = namesOf(need, instance, instances, report);
      instances.budget.spend(names.length, need.at);
      for (const job of names) {
        const { artifacts, optional, at } = need;
        jobs.push({ job, artifacts, optional, at, found: instances.byName.has(job) });
      }
    }
  }
  return { jobs, cross };
}

function namesOf(
  need: Extract<Need, { kind: 'job' }>,
  instance: JobInstance,
  instances: Instances,
  report: Report,
): readonly string[] {
  const all = instances.byDefinition.get(need.job);
  // A job that is not parallel has no cells to choose from: GitLab takes the job.
  const isSingle = all?.length === 1 && all[0] === need.job;
  if (need.matrix === undefined || isSingle) return expandName(need.job, instances);
  return products(fillMatrix(need.matrix, instance, need.at, report))
    .slice(0, limits.parallelJobs)
    .map((cell) => cellName(need.job, cell));
}

/** A parallel job's name means all of its instances; a full name means one. */
export function expandName(name: string, instances: Instances): readonly string[] {
  return instances.byDefinition.get(name) ?? [name];
}

/** Puts this instance's own matrix values in place of `$[[ matrix.X ]]`. */
function fillMatrix(matrix: Matrix, instance: JobInstance, at: Node, report: Report): Matrix {
  return matrix.map(
    (hash) =>
      new Map([...hash].map(([name, values]) => [name, values.map((value) => fill(value, instance, at, report))])),
  );
}

function fill(value: string, instance: JobInstance, at: Node, report: Report): string {
  return value.replace(MATRIX_BLOCK, (block, key: string) => {
    const own = instance.matrix.get(key);
    if (own !== undefined) return own.value;
    const path = `jobs:${plain(instance.definition.name)}:needs`;
    report.error(
      'matrix_unknown',
      `${path} uses matrix.${plain(key)}: '${plain(key)}' does not exist in matrix configuration of this job.`,
      path,
      at,
    );
    return block;
  });
}
