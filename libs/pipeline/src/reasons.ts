/** Why a pipeline was refused or could not be made. A closed list: code, API, console and GitHub share it. */
export const PIPELINE_REASONS = [
  'sender_not_linked',
  'sender_not_permitted',
  'terms_not_accepted',
  'no_seat',
  'bot_not_mapped',
  'source_not_verified',
  'config_error',
  'not_yet_supported',
  'ci_file_unreadable',
  'token_refused',
  'token_scope_mismatch',
  'installation_suspended',
] as const;
export type PipelineReason = (typeof PIPELINE_REASONS)[number];

/** Why a delivery made no pipeline. */
export const DELIVERY_REASONS = [
  'no_ci_file',
  'not_a_project',
  'project_off',
  'branch_deleted',
  'no_change',
  'tag',
  'skipped',
  'filtered',
  'malformed',
  'duplicate',
  'suspect',
  'event_not_used',
] as const;
export type DeliveryReason = (typeof DELIVERY_REASONS)[number];

/** Why a job failed, in GitLab's words: runners, clients and `retry:when` know these. */
export const JOB_REASONS = [
  'unknown_failure',
  'script_failure',
  'api_failure',
  'stuck_or_timeout_failure',
  'stuck_pending_no_matching_runners',
  'no_updates_running',
  'no_updates_canceling',
  'runner_system_failure',
  'runner_configuration_error',
  'runner_external_dependency_failure',
  'runner_interrupted',
  'runner_unsupported',
  'missing_dependency_failure',
  'job_execution_timeout',
  'server_timeout_running',
  'server_timeout_canceling',
  'trace_size_exceeded',
  'scheduler_failure',
  'unmet_prerequisites',
  'data_integrity_failure',
  'user_blocked',
  'project_deleted',
] as const;
export type JobReason = (typeof JOB_REASONS)[number];

/** The part of a sentence that changes: a login, an error message, a keyword with its line. */
export interface ReasonDetail {
  readonly login?: string | null;
  readonly detail?: string | null;
}

const RETRY = 'Anyone who may run pipelines here can retry it.';

/** A full sentence for a refused pipeline: what, why, and what to do. */
export function explainPipelineReason(reason: PipelineReason, { login, detail }: ReasonDetail = {}): string {
  const who = login ? oneLine(login) : 'The sender';
  const what = detail ? oneLine(detail) : '';
  switch (reason) {
    case 'sender_not_linked':
      return `${who} is not linked to a Crosstie user. ${RETRY}`;
    case 'sender_not_permitted':
      return `${who} may not run pipelines in this project. ${RETRY}`;
    case 'terms_not_accepted':
      return `${who} has not accepted the current terms: sign in to Crosstie, accept them, and retry.`;
    case 'no_seat':
      return `${who} has no seat: an administrator can give one. ${RETRY}`;
    case 'bot_not_mapped':
      return `${who} is a bot without a service account here. ${RETRY}`;
    case 'source_not_verified':
      return `GitHub does not confirm that this commit was pushed to this branch${what && `: ${what}`}. Push again, or retry.`;
    case 'config_error':
      return what || 'The CI configuration has an error.';
    case 'not_yet_supported':
      return what || 'The CI configuration uses a keyword that is not supported yet.';
    case 'ci_file_unreadable':
      return `The CI file could not be read from GitHub${what && `: ${what}`}. Retry the pipeline.`;
    case 'token_refused':
      return `GitHub gave no token for ${login ? who : 'the user'}${what && `: ${what}`}. Link GitHub again, then retry.`;
    case 'token_scope_mismatch':
      return 'GitHub gave a token that reaches further than this repository, so it was not used. Retry, or tell an administrator.';
    case 'installation_suspended':
      return 'The GitHub App is suspended or not installed here: an owner can restore it, then retry.';
  }
}

/** A full sentence for a delivery that made no pipeline. */
export function explainDeliveryReason(reason: DeliveryReason, { detail }: ReasonDetail = {}): string {
  const what = detail ? oneLine(detail) : '';
  switch (reason) {
    case 'no_ci_file':
      return `There is no CI file${what && ` at ${what}`} in this commit.`;
    case 'not_a_project':
      return 'The repository is not a project: install the GitHub App on it.';
    case 'project_off':
      return 'The project is switched off: a Maintainer can switch it on.';
    case 'branch_deleted':
      return 'The branch was deleted.';
    case 'no_change':
      return 'The push changed nothing: the branch stayed at the same commit.';
    case 'tag':
      return 'A tag was pushed; tags make no pipelines yet.';
    case 'skipped':
      return 'The commit message or a push option asks for no pipeline.';
    case 'filtered':
      return what || 'The rules of the CI configuration leave no job for this push.';
    case 'malformed':
      return `The body does not have the shape of this event${what && `: ${what}`}.`;
    case 'duplicate':
      return 'A pipeline exists already for this push.';
    case 'suspect':
      return `The delivery looks like a repeat of an older one${what && ` (${what})`}: an operator can replay it.`;
    case 'event_not_used':
      return 'Crosstie does nothing with this event.';
  }
}

const JOB_SENTENCES = {
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
  unmet_prerequisites: 'What the job needs to start could not be had. Its log says what; mend it, then retry the job.',
  data_integrity_failure: 'What the job is could not be read. Push again.',
  user_blocked: 'The person whose rights the job uses is blocked.',
  project_deleted: 'The project is gone.',
} as const satisfies Record<JobReason, string>;

/** A full sentence for a failed job. A word that a runner of another release made up is shown as it is. */
export function explainJobReason(reason: string | null): string {
  const known = reason ?? 'unknown_failure';
  return Object.hasOwn(JOB_SENTENCES, known) ? JOB_SENTENCES[known as JobReason] : known;
}

/** GitHub refuses a description of more characters than this with 422. */
export const GITHUB_DESCRIPTION_CHARS_MAX = 140;

/** The sentence as it fits into a commit status: one line, at most 140 UTF-16 units, no character cut in half. */
export function forCommitStatus(sentence: string): string {
  const line = oneLine(sentence);
  if (line.length <= GITHUB_DESCRIPTION_CHARS_MAX) return line;
  let cut = '';
  for (const character of line) {
    if (cut.length + character.length > GITHUB_DESCRIPTION_CHARS_MAX - 1) break;
    cut += character;
  }
  return `${cut.trimEnd()}…`;
}

/** Text from outside inside a sentence: control characters and line breaks become single spaces. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}
