export const WHENS = ['on_success', 'on_failure', 'always', 'manual', 'delayed'] as const;
export type When = (typeof WHENS)[number];

/** `true` and `false` as written; a list holds the exit codes that are forgiven. */
export type AllowFailure = boolean | readonly number[];

/** When a failed job is run again by itself. */
export interface RetryRule {
  /** So many times, beside the first try. */
  readonly max: number;
  /** Failure reasons, or `always` among them. */
  readonly when: readonly string[];
  readonly exitCodes: readonly number[];
}

/** What {@link buildGraph} needs of a compiled job; plain data, so that it can be stored and read again. */
export interface GraphJobInput {
  readonly name: string;
  readonly stage: string;
  readonly when: string;
  readonly allowFailure: AllowFailure;
  /** Null: the job waits for its earlier stages. A list, also an empty one: for these jobs alone. */
  readonly needs: readonly { readonly job: string; readonly optional: boolean }[] | null;
  readonly retry?: RetryRule | null;
  /** Seconds between a delayed job's turn and its start. */
  readonly startInS?: number | null;
  /** Whether it waits for a resource before it is queued. */
  readonly usesResource?: boolean;
  /** Whether a newer pipeline may end it while it runs. */
  readonly interruptible?: boolean;
  /** The pattern that finds the coverage in its log. */
  readonly coverage?: string | null;
}

/** What a pipeline's configuration says of it as a whole. */
export interface GraphOptions {
  /** A job that fails for good ends the others. */
  readonly cancelsOnFailure?: boolean;
  /** What a newer pipeline of the branch ends; absent: `conservative`. */
  readonly onNewCommit?: OnNewCommit | undefined;
}

export type OnNewCommit = 'conservative' | 'interruptible' | 'none';

export interface GraphJob {
  readonly name: string;
  readonly stage: number;
  readonly when: When;
  readonly allowFailure: AllowFailure;
  readonly needs: readonly number[] | null;
  readonly retry?: RetryRule;
  readonly startInS?: number;
  readonly usesResource?: true;
  readonly interruptible?: true;
  readonly coverage?: string;
}

/**
 * What never changes of a pipeline. Jobs are known by their index here, in rows and in events'
 * handling, so that moving a pipeline on needs neither names nor definitions.
 */
export interface PipelineGraph {
  readonly stages: readonly string[];
  readonly jobs: readonly GraphJob[];
  /** Stage by stage, inside a stage the needed before the needing: one pass in this order settles all. */
  readonly order: readonly number[];
  readonly cancelsOnFailure?: true;
  readonly onNewCommit?: OnNewCommit;
}

/** A graph that the compiler should have refused; the message names the job. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}

/**
 * Builds the graph of a pipeline. An optional need that is not in the pipeline is left out; any
 * other fault (unknown stage, unknown or later need, a circle) throws {@link GraphError}.
 *
 * @param stages the stages in the order in which they run
 */
export function buildGraph(
  stages: readonly string[],
  jobs: readonly GraphJobInput[],
  options: GraphOptions = {},
): PipelineGraph {
  const stageIndexes = new Map(stages.map((stage, index) => [stage, index]));
  const jobIndexes = new Map(jobs.map((job, index) => [job.name, index]));
  if (jobIndexes.size !== jobs.length) throw new GraphError('two jobs of this pipeline have the same name');
  const built = jobs.map((job): GraphJob => ({
    name: job.name,
    stage: stageIndex(stageIndexes, job),
    when: knownWhen(job),
    allowFailure: job.allowFailure,
    needs: job.needs === null ? null : needIndexes(jobIndexes, job),
    ...rarely(job),
  }));
  const graph = { stages: [...stages], jobs: built, order: settlingOrder(built) };
  return {
    ...graph,
    ...(options.cancelsOnFailure ? { cancelsOnFailure: true } : {}),
    ...(options.onNewCommit ? { onNewCommit: options.onNewCommit } : {}),
  };
}

/** Left out where a job has none of it: the graph is stored with every pipeline. */
function rarely({ retry, startInS, usesResource, interruptible, coverage }: GraphJobInput): Partial<GraphJob> {
  return {
    ...(retry && retry.max > 0 ? { retry } : {}),
    ...(startInS ? { startInS } : {}),
    ...(usesResource ? { usesResource: true } : {}),
    ...(interruptible ? { interruptible: true } : {}),
    ...(coverage ? { coverage } : {}),
  };
}

function stageIndex(stages: ReadonlyMap<string, number>, job: GraphJobInput): number {
  const index = stages.get(job.stage);
  if (index === undefined) throw new GraphError(`${job.name} is in the unknown stage ${job.stage}`);
  return index;
}

function knownWhen(job: GraphJobInput): When {
  const when = WHENS.find((known) => known === job.when);
  if (when === undefined) throw new GraphError(`${job.name} has when: ${job.when}, which cannot be carried`);
  return when;
}

function needIndexes(indexes: ReadonlyMap<string, number>, job: GraphJobInput): number[] {
  const found = new Set<number>();
  for (const need of job.needs ?? []) {
    const index = indexes.get(need.job);
    if (index !== undefined) found.add(index);
    else if (!need.optional) throw new GraphError(`${job.name} needs ${need.job}, which is not in the pipeline`);
  }
  return [...found];
}

/** Depth first and without recursion: a chain of needs may be as long as the pipeline. */
function settlingOrder(jobs: readonly GraphJob[]): number[] {
  const byStage = jobs.map((_, index) => index).sort((a, b) => stageOf(jobs, a) - stageOf(jobs, b) || a - b);
  const order: number[] = [];
  const marks = new Uint8Array(jobs.length);
  for (const root of byStage) {
    const path = marks[root] === DONE ? [] : [root];
    for (let index = path.at(-1); index !== undefined; index = path.at(-1)) {
      const next = marks[index] === DONE ? undefined : openNeed(jobs, marks, index);
      if (next !== undefined) {
        path.push(next);
        continue;
      }
      if (marks[index] !== DONE) order.push(index);
      marks[index] = DONE;
      path.pop();
    }
  }
  return order;
}

const ON_PATH = 1;
const DONE = 2;

function openNeed(jobs: readonly GraphJob[], marks: Uint8Array, index: number): number | undefined {
  marks[index] = ON_PATH;
  for (const need of jobs[index]?.needs ?? []) {
    if (stageOf(jobs, need) > stageOf(jobs, index)) {
      throw new GraphError(`${nameOf(jobs, index)} needs ${nameOf(jobs, need)}, which is in a later stage`);
    }
    if (marks[need] === ON_PATH) {
      throw new GraphError(`${nameOf(jobs, index)} and ${nameOf(jobs, need)} need each other`);
    }
    if (marks[need] !== DONE) return need;
  }
  return undefined;
}

function stageOf(jobs: readonly GraphJob[], index: number): number {
  return jobs[index]?.stage ?? 0;
}

function nameOf(jobs: readonly GraphJob[], index: number): string {
  return jobs[index]?.name ?? String(index);
}
