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
 * What the machine knows of one job: the latest try alone. What is optional decides only about jobs
 * that failed or wait for a time, so that most states are a status and nothing else.
 */
export interface JobState {
  readonly status: JobStatus;
  /** For `allow_failure:exit_codes` and `retry`; null when the job has not failed, or failed without a code. */
  readonly exitCode: number | null;
  /** Why it failed, in the words of `retry:when`. */
  readonly failureReason?: string | null;
  /** Which try this is, from 1 on; absent: the first. */
  readonly tries?: number;
  /** Of a scheduled job: its time has come. */
  readonly isDue?: boolean;
  /** Of a failed job: it ended before somebody set the pipeline going again, so nothing follows from it any more. */
  readonly isOld?: boolean;
  /** Of a failed job: its row says already that its exit code is forgiven. */
  readonly isForgiven?: boolean;
}

/** The states of a pipeline's jobs, by the index of the job in its graph. */
export type PipelineState = readonly JobState[];

/** What holds for the pipeline as a whole. */
export interface Situation {
  /** Somebody, or a failure, has ended it and nobody has set it going again: nothing is retried by itself. */
  readonly isCanceled?: boolean;
}
