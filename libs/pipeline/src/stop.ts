import type { JobState, JobStatus } from './status.js';

/** What a cancel makes of a job: a runner that has it is asked first and answers in its own time. */
const CANCELED_AS: Partial<Record<JobStatus, JobStatus>> = {
  created: 'canceled',
  waiting_for_resource: 'canceled',
  preparing: 'canceled',
  waiting_for_callback: 'canceled',
  pending: 'canceled',
  manual: 'canceled',
  scheduled: 'canceled',
  running: 'canceling',
};

/** The job when it was told to stop; itself, the same object, when there is nothing to stop. */
export function stopped(state: JobState): JobState {
  const status = CANCELED_AS[state.status];
  return status ? { status, exitCode: null } : state;
}
