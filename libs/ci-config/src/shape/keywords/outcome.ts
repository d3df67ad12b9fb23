import type { CompiledRetry } from '../../contract.js';
import { limits } from '../../limits.js';
import { byKind, flag, integer, mapped, oneOf, oneOrMany, record, shape, text, type Shape } from '../shape.js';
import { compilePattern } from '../../decide/regex.js';
import { quote } from '../../findings.js';

/** Every reason for which a job may be tried again, with `always` for all of them. */
export const failureReasons = (
  'always unknown_failure script_failure api_failure stuck_or_timeout_failure stuck_pending_with_matching_runners ' +
  'stuck_pending_no_matching_runners no_updates_running no_updates_canceling runner_system_failure ' +
  'runner_configuration_error runner_external_dependency_failure runner_interrupted missing_dependency_failure ' +
  'runner_unsupported stale_schedule job_execution_timeout server_timeout_running server_timeout_canceling ' +
  'archived_failure unmet_prerequisites scheduler_failure data_integrity_failure forward_deployment_failure ' +
  'user_blocked project_deleted ci_quota_exceeded pipeline_loop_detected no_matching_runner trace_size_exceeded ' +
  'builds_disabled environment_creation_failure deployment_rejected failed_outdated_deployment_job ' +
  'protected_environment_failure insufficient_bridge_permissions downstream_bridge_project_not_found ' +
  'invalid_bridge_trigger upstream_bridge_project_not_found insufficient_upstream_permissions ' +
  'bridge_pipeline_is_child_pipeline downstream_pipeline_creation_failed secrets_provider_not_found ' +
  'reached_max_descendant_pipelines_depth ip_restriction_failure reached_max_pipeline_hierarchy_size ' +
  'reached_downstream_pipeline_trigger_rate_limit job_execution_server_timeout duo_workflow_not_allowed ' +
  'job_router_failure job_token_expired image_pull_failure'
).split(' ');

const exitCodes = oneOrMany(integer(), { words: 'an array of integers' });
const retryCount = integer({ min: 0, max: limits.retry });
const retryHash = record({
  max: retryCount,
  when: oneOrMany(oneOf(...failureReasons)),
  exit_codes: exitCodes,
});

/** `retry`: how often, or a hash of how often and for what. */
export const retry: Shape<CompiledRetry> = byKind<CompiledRetry>(`an integer from 0 to ${limits.retry} or a hash`, {
  other: mapped(retryCount, (max) => ({ max, when: ['always'], exit_codes: [] })),
  map: mapped(retryHash, (value) => ({
    max: value.max ?? 0,
    when: value.when ?? (value.exit_codes ? [] : ['always']),
    exit_codes: value.exit_codes ?? [],
  })),
});

export const noRetry: CompiledRetry = { max: 0, when: ['always'], exit_codes: [] };

/** `allow_failure`: yes, no, or only for some exit codes. */
export const allowFailure: Shape<boolean | { exit_codes: number[] }> = byKind<boolean | { exit_codes: number[] }>(
  'a hash or a boolean value',
  {
    other: flag(),
    map: mapped(record({ exit_codes: exitCodes }), ({ exit_codes: codes }) => (codes ? { exit_codes: codes } : false)),
  },
);

/** `coverage`: a pattern between slashes, kept without them. */
export const coverage: Shape<string> = shape(
  'a regular expression between slashes',
  (node, spot) => {
    const value = text().read(node, spot);
    if (value === undefined) return undefined;
    const body = /^\/(.+)\/$/s.exec(value)?.[1];
    const isPattern = body !== undefined && compilePattern(body, '') !== null;
    if (isPattern) return body;
    return spot.fault(
      'regexp',
      `must be a regular expression with re2 syntax between slashes, without flags, not ${quote(value)}`,
      node,
    );
  },
  { type: 'string', pattern: '^/[^]+/$' },
);
