import type { LaneRunners } from '@crosstie/domain';
import { explainJobReason } from '@crosstie/pipeline';

export interface JobToExplain {
  readonly status: string;
  readonly failureReason: string | null;
  readonly resourceGroup: string | null;
}

/** Who could take a job that waits; null where it waits for something else. */
export interface Waited {
  readonly tags: readonly string[];
  readonly runners: LaneRunners;
}

/** Whether no runner will take it unless somebody does something. */
export function isStuck(waited: Waited | null): boolean {
  return waited !== null && waited.runners.online === 0;
}

/** What a job's page says below its name; null when the status says it all. */
export function explainJob(job: JobToExplain, waited: Waited | null): string | null {
  switch (job.status) {
    case 'failed':
      return explainJobReason(job.failureReason);
    case 'pending':
      return waited && explainWait(waited);
    case 'manual':
      return 'Waits for somebody to start it.';
    case 'waiting_for_resource':
      return job.resourceGroup === null
        ? 'Waits for another job.'
        : `Waits for another job of the resource group ${job.resourceGroup} to end.`;
    default:
      return null;
  }
}

function explainWait({ tags, runners }: Waited): string {
  const wanted = tags.length > 0 ? `with the tags ${tags.join(', ')}` : 'that takes jobs without tags';
  if (runners.fitting === 0) return `Stuck: there is no runner ${wanted}.`;
  if (runners.awake === 0) return `Stuck: every runner ${wanted} is paused.`;
  if (runners.online === 0) return `Stuck: no runner ${wanted} was in contact for two hours.`;
  return `Waits for a runner ${wanted}.`;
}
