import { explainJobReason } from '@crosstie/pipeline';

/** What a job's page says below its name; null when the status says it all. */
export function explainJob(
  job: { status: string; failureReason: string | null },
  tags: readonly string[],
): string | null {
  if (job.status === 'failed') return explainJobReason(job.failureReason);
  if (job.status !== 'pending') return null;
  return tags.length > 0
    ? `Waits for a runner with the tags ${tags.join(', ')}.`
    : 'Waits for a runner that takes jobs without tags.';
}
