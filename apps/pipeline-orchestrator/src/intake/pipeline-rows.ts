import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import type { CompiledJob, PipelineCompile } from '@crosstie/ci-config';
import { type AllowFailure, buildGraph, startPipeline } from '@crosstie/pipeline';

import { type BlobIds, keyedCaches } from './cache-keys.js';
import type { ConfigCompile, IncludedText } from './fetch/config-compiler.js';
import { type JobEnvironment, type JobFacts, jobFacts } from './job-facts.js';
import { type JobVariable, ownVariables } from './job-variables.js';

const pack = promisify(gzip);
/** So many jobs share one compressed part: a runner's job is found by unpacking a part, not the pipeline. */
export const jobsPerPart = 32;
/** A chain of needs or a list of jobs beyond this is a mistake more often than a wish. */
export const jobsMax = 2000;

/** A pipeline's jobs as the insert statement takes them: columns, and what they are in gzip'd parts. */
export interface PipelineRows {
  readonly status: string;
  readonly parts: readonly number[];
  readonly bodies: readonly Buffer[];
  readonly indexes: readonly number[];
  readonly names: readonly string[];
  readonly stages: readonly string[];
  readonly stageIndexes: readonly number[];
  readonly statuses: readonly string[];
  readonly allowFailures: readonly boolean[];
  readonly timeoutsS: readonly (number | null)[];
  readonly startsInS: readonly (number | null)[];
  /** Expanded. */
  readonly resourceGroups: readonly (string | null)[];
  readonly environments: EnvironmentColumns;
  /** In the order of the jobs, for their lanes. */
  readonly tags: readonly (readonly string[])[];
}

/** Part 0 of a definition: what moves the pipeline. */
export interface StoredGraph {
  readonly stages: readonly string[];
  readonly graph: ReturnType<typeof buildGraph>;
  /** Which texts it was made from beside the CI file; none of them is kept. */
  readonly includes: readonly IncludedText[];
}

/**
 * The rows of a compiled pipeline in its first state.
 *
 * @param blobs what the keys of caches are made of; null where none needs it
 */
export async function pipelineRows(
  {
    answer,
    autoCancel,
    includes = [],
  }: Pick<PipelineCompile, 'answer' | 'autoCancel'> & Partial<Pick<ConfigCompile, 'includes'>>,
  common: readonly JobVariable[],
  blobs: BlobIds | null = null,
): Promise<PipelineRows> {
  const jobs = answer.jobs.map((job) => worked(job, common, blobs));
  const graph = buildGraph(
    answer.stages,
    answer.jobs.map((job, index) => ({
      name: job.name,
      stage: job.stage,
      when: job.when,
      allowFailure: allowFailureOf(job),
      needs: job.needs?.map((need) => ({ job: need.job ?? '', optional: need.optional })) ?? null,
      retry: { max: job.retry.max, when: job.retry.when, exitCodes: job.retry.exit_codes },
      startInS: job.start_in,
      usesResource: jobs[index]?.facts.resourceGroup != null,
      interruptible: job.interruptible,
      coverage: job.coverage,
    })),
    { cancelsOnFailure: autoCancel.on_job_failure === 'all', onNewCommit: autoCancel.on_new_commit },
  );
  const first = startPipeline(graph);
  const bodies = await packParts({ stages: answer.stages, graph, includes }, jobs, common);
  return {
    status: first.pipelineStatus,
    parts: bodies.map((_, part) => part),
    bodies,
    indexes: graph.jobs.map((_, index) => index),
    names: graph.jobs.map((job) => job.name),
    stages: graph.jobs.map((job) => answer.stages[job.stage] ?? ''),
    stageIndexes: graph.jobs.map((job) => job.stage),
    statuses: first.changes.map((change) => change.status),
    allowFailures: graph.jobs.map((job) => job.allowFailure === true),
    timeoutsS: answer.jobs.map((job) => job.timeout),
    startsInS: answer.jobs.map((job) => job.start_in),
    resourceGroups: jobs.map(({ facts }) => facts.resourceGroup),
    environments: environmentColumns(jobs.map(({ facts }) => facts.environment)),
    tags: answer.jobs.map((job) => job.tags),
  };
}

/** The rows of a pipeline that was refused. */
export const noRows: PipelineRows = {
  status: 'failed',
  parts: [],
  bodies: [],
  indexes: [],
  names: [],
  stages: [],
  stageIndexes: [],
  statuses: [],
  allowFailures: [],
  timeoutsS: [],
  startsInS: [],
  resourceGroups: [],
  environments: [[], [], [], [], [], []],
  tags: [],
};

type Column = readonly (string | null)[];
type Numbers = readonly (number | null)[];
/** Names, slugs, tiers, actions, URLs and how long they stay; empty where no job of the pipeline has an environment. */
type EnvironmentColumns = readonly [Column, Column, Column, Column, Column, Numbers];

function environmentColumns(of: readonly (JobEnvironment | null)[]): EnvironmentColumns {
  if (of.every((one) => one === null)) return noRows.environments;
  const column = (key: Exclude<keyof JobEnvironment, 'stopsS'>) => of.map((one) => one?.[key] ?? null);
  return [
    column('name'),
    column('slug'),
    column('tier'),
    column('action'),
    column('url'),
    of.map((one) => one?.stopsS ?? null),
  ];
}

function allowFailureOf(job: CompiledJob): AllowFailure {
  return typeof job.allow_failure === 'boolean' ? job.allow_failure : job.allow_failure.exit_codes;
}

interface WorkedJob {
  readonly job: CompiledJob;
  readonly own: readonly JobVariable[];
  readonly facts: JobFacts;
}

function worked(job: CompiledJob, common: readonly JobVariable[], blobs: BlobIds | null): WorkedJob {
  const own = ownVariables(job);
  const cache = job.cache.length === 0 ? job.cache : keyedCaches(job.cache, blobs);
  return { job: { ...job, cache }, own, facts: jobFacts(job, [...common, ...own]) };
}

function packParts(stored: StoredGraph, jobs: readonly WorkedJob[], common: readonly JobVariable[]): Promise<Buffer[]> {
  const parts: unknown[] = [stored];
  for (let from = 0; from < jobs.length; from += jobsPerPart) {
    parts.push(
      jobs.slice(from, from + jobsPerPart).map(({ job, own, facts }) => ({
        ...job,
        environment: facts.environment,
        resource_group: facts.resourceGroup,
        variables: [...common, ...own, ...facts.variables],
      })),
    );
  }
  return Promise.all(parts.map((part) => pack(JSON.stringify(part), { level: 1 })));
}
