import type { CompileAnswer, CompiledJob } from '@crosstie/ci-config';
import { carriedKeywords } from '@crosstie/pipeline';

/** A keyword that a job uses and nothing carries yet. */
export interface Uncarried {
  readonly keyword: string;
  readonly job: string;
}

const carried = new Set(carriedKeywords);

/** The first keyword of a compiled pipeline that state machine and payload do not carry; null when it can run. */
export function firstUncarried(answer: CompileAnswer): Uncarried | null {
  for (const job of answer.jobs) {
    const keyword = usedKeywords(job).find((used) => !carried.has(used));
    if (keyword !== undefined) return { keyword, job: job.name };
  }
  return null;
}

/** The keywords that a job's normal form shows to be used; what stands at its default is not. */
function usedKeywords(job: CompiledJob): string[] {
  const flags: [boolean, string][] = [
    [true, `when=${job.when}`],
    [job.start_in !== null, 'start_in'],
    [job.cache.length > 0, 'cache'],
    [job.retry.max > 0, 'retry'],
    [job.parallel !== null, 'parallel'],
    [job.environment !== null, 'environment'],
    [job.resource_group !== null, 'resource_group'],
    [job.interruptible, 'interruptible'],
    [job.coverage !== null, 'coverage'],
    [job.release !== null, 'release'],
    [job.trigger !== null, 'trigger'],
    [job.id_tokens !== null, 'id_tokens'],
    [job.secrets !== null, 'secrets'],
    [job.hooks !== null, 'hooks'],
    [job.pages !== null, 'pages'],
    [job.run !== undefined, 'run'],
    [job.inputs !== undefined, 'inputs'],
    [job.manual_confirmation !== undefined, 'manual_confirmation'],
  ];
  return [...flags.filter(([used]) => used).map(([, keyword]) => keyword), ...nestedKeywords(job)];
}

function nestedKeywords(job: CompiledJob): string[] {
  return [
    ...Object.keys(job.artifacts ?? {}).map((key) => `artifacts:${key}`),
    ...Object.keys(job.image ?? {}).map((key) => `image:${key}`),
    ...job.services.flatMap((service) => Object.keys(service).map((key) => `services:${key}`)),
    ...(job.needs ?? []).flatMap((need) => Object.keys(need).map((key) => `needs:${key}`)),
  ];
}
