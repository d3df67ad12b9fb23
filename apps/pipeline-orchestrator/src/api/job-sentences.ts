import type { JobReason } from '@crosstie/pipeline';

/** What a failed job's reason means and what to do about it. */
const sentences = {
  unknown_failure: 'The job failed and its runner did not say why. Its log may.',
  script_failure: 'The script ended with an error. The last lines of the log show which command.',
  api_failure: 'The runner could not speak with this server. Retry the job.',
  stuck_or_timeout_failure: 'The job was not taken or not finished in time. Check that a runner fits, then retry.',
  stuck_pending_no_matching_runners: 'No runner has all the tags of this job. Add a runner or change the tags.',
  no_updates_running: 'Its runner fell silent. Check the runner, then retry the job.',
  no_updates_canceling: 'Its runner fell silent while the job was being canceled.',
  runner_system_failure: 'The runner could not run the job. Its log shows what it met; retry the job.',
  runner_configuration_error: 'The runner is set up wrong. Whoever runs it can mend that.',
  runner_external_dependency_failure: 'Something that the runner needs could not be reached. Retry the job.',
  runner_interrupted: 'The runner was stopped while the job ran. Retry the job.',
  runner_unsupported: 'The runner is too old for what this job asks. Update it, then retry.',
  missing_dependency_failure: 'Artifacts that the job needs are gone. Retry the job that makes them.',
  job_execution_timeout: 'The job ran longer than its timeout. Make it quicker, or raise `timeout`.',
  server_timeout_running: 'The job ran far beyond its timeout and its runner did not stop it.',
  server_timeout_canceling: 'The job did not stop in time after it was canceled.',
  trace_size_exceeded: 'The log grew beyond its limit. Let the job write less.',
  scheduler_failure: 'The job could not be handed to a runner. Retry it.',
  data_integrity_failure: 'What the job is could not be read. Push again.',
  user_blocked: 'The person whose rights the job uses is blocked.',
  project_deleted: 'The project is gone.',
} as const satisfies Record<JobReason, string>;

/** What a job's page says below its name; null when the status says it all. */
export function explainJob(
  job: { status: string; failureReason: string | null },
  tags: readonly string[],
): string | null {
  if (job.status === 'failed') {
    const reason = job.failureReason ?? 'unknown_failure';
    return Object.hasOwn(sentences, reason) ? sentences[reason as JobReason] : reason;
  }
  if (job.status !== 'pending') return null;
  return tags.length > 0
    ? `Waits for a runner with the tags ${tags.join(', ')}.`
    : 'Waits for a runner that takes jobs without tags.';
}
