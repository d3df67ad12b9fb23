import type { GraphJob } from './graph.js';
import type { JobState } from './status.js';

/** Failures after which another try would end the same, whatever the configuration asks for. */
const NEVER_AGAIN: ReadonlySet<string> = new Set([
  'ci_quota_exceeded',
  'no_matching_runner',
  'missing_dependency_failure',
  'forward_deployment_failure',
  'environment_creation_failure',
]);

/** Failures that are ours, not the job's: tried again though nobody asked for it. */
const OURS: ReadonlyMap<string, number> = new Map([['scheduler_failure', 2]]);

/**
 * Whether a failed job is run again by itself. Follows from its latest try alone, so that it can be
 * asked at any time; tries that a person asked for count too (`ci-language.md` 6.6).
 */
export function isRetriedByItself(job: GraphJob, state: JobState): boolean {
  return state.status === 'failed' && (state.tries ?? 1) <= retriesFor(job, state);
}

function retriesFor({ retry }: GraphJob, { failureReason, exitCode }: JobState): number {
  const reason = failureReason ?? 'unknown_failure';
  if (NEVER_AGAIN.has(reason)) return 0;
  const isAsked =
    retry !== undefined &&
    (retry.when.includes('always') ||
      retry.when.includes(reason) ||
      (exitCode !== null && retry.exitCodes.includes(exitCode)));
  return isAsked ? retry.max : (OURS.get(reason) ?? 0);
}
