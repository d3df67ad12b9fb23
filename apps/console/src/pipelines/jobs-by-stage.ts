/** What the columns need to know of a job. */
export interface StagedJob {
  readonly id: number;
  readonly stage: string;
  readonly status: string;
  readonly allow_failure: boolean;
}

/** The jobs in columns: stages in the order in which they run, within each what failed first, then by id. */
export function jobsByStage<J extends StagedJob>(jobs: readonly J[]): { stage: string; jobs: J[] }[] {
  const inOrder = jobs.toSorted((a, b) => a.id - b.id);
  const stages = Map.groupBy(inOrder, (job) => job.stage);
  return [...stages].map(([stage, members]) => ({
    stage,
    jobs: members.toSorted((a, b) => Number(counts(b)) - Number(counts(a))),
  }));
}

/** The first job whose failure counts; null when none failed. */
export function firstFailure<J extends StagedJob & { finished_at: string | null }>(jobs: readonly J[]): J | null {
  const failed = jobs.filter(counts).toSorted((a, b) => (a.finished_at ?? '').localeCompare(b.finished_at ?? ''));
  return failed[0] ?? null;
}

function counts(job: StagedJob): boolean {
  return job.status === 'failed' && !job.allow_failure;
}
