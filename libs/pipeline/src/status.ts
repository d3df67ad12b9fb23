/** Every status a job can have; stages and pipelines use the same set. */
export const JOB_STATUSES = [
  'created',
  'waiting_for_resource',
  'preparing',
  'waiting_for_callback',
  'pending',
  'running',
  'canceling',
  'manual',
  'scheduled',
  'success',
  'failed',
  'canceled',
  'skipped',
] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];
export type PipelineStatus = JobStatus;

const COMPLETED: ReadonlySet<JobStatus> = new Set<JobStatus>(['success', 'failed', 'canceled', 'skipped']);

/** Whether nothing moves a job or a pipeline in this status by itself any more. */
export function isCompleted(status: JobStatus): boolean {
  return COMPLETED.has(status);
}

/**
 * What the machine knows of one job: the latest try alone. `exitCode` is there for
 * `allow_failure:exit_codes`; null when the job has not failed, or failed without a code.
 */
export interface JobState {
  readonly status: JobStatus;
  readonly exitCode: number | null;
}

/** The states of a pipeline's jobs, by the index of the job in its graph. */
export type PipelineState = readonly JobState[];
