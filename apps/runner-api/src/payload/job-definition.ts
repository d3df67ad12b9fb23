import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import type { CompiledJob } from '@crosstie/ci-config';

import type { PayloadVariable } from './job-payload.js';

/** What a job is, as the orchestrator stored it: the compiled job with all variables that were known then. */
export interface JobDefinition extends CompiledJob {
  variables: CompiledJob['variables'] & PayloadVariable[];
}

const jobsPerPart = 32;
const unpack = promisify(gunzip);

/** Finds a job in the part of its pipeline's definition that holds it. */
export async function readDefinition(part: Buffer, index: number): Promise<JobDefinition> {
  const jobs = JSON.parse((await unpack(part)).toString('utf8')) as (JobDefinition | undefined)[];
  const job = jobs[index % jobsPerPart];
  if (!job) throw new Error(`The definition has no job ${index}`);
  return job;
}

/** The jobs whose artifacts a job gets; null: of every job in earlier stages. */
export function dependencyNames(job: Pick<JobDefinition, 'needs' | 'dependencies'>): string[] | null {
  const needed = job.needs?.flatMap((need) => (need.job !== undefined && need.artifacts ? [need.job] : [])) ?? null;
  if (job.dependencies === null) return needed;
  const listed = job.dependencies;
  return needed === null ? listed : needed.filter((name) => listed.includes(name));
}
