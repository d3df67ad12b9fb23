import type { Context } from '../context.js';
import { refPattern, type Policy } from '../shape/keywords/policies.js';
import type { JobDefinition } from '../shape/job.js';
import type { Scope } from '../variables/scope.js';
import { holds } from './evaluate.js';
import { compilePattern } from './regex.js';

const BRANCHES_AND_TAGS = ['branches', 'tags'];

/** What of `only` and `except` counts for a job, with the default that jobs without conditions have. */
export function policiesOf(job: JobDefinition, workflowHasRules: boolean): { only?: Policy; except?: Policy } {
  const { only, except, rules } = job.values;
  if (rules !== undefined) return {};
  if (only !== undefined) {
    return { only: only.refs === undefined ? { ...only, refs: BRANCHES_AND_TAGS } : only, except };
  }
  return { only: workflowHasRules || job.hasRules ? undefined : { refs: BRANCHES_AND_TAGS }, except };
}

/** The reason why `only` or `except` leave a job out, or null. */
export function leftOutBy(
  policies: { only?: Policy; except?: Policy },
  scope: Scope,
  context: Context,
): 'only' | 'except' | null {
  if (policies.only && !parts(policies.only, scope, context).every(Boolean)) return 'only';
  if (policies.except && parts(policies.except, scope, context).some(Boolean)) return 'except';
  return null;
}

/** For each key that the policy has: does it hold? */
function parts(policy: Policy, scope: Scope, context: Context): boolean[] {
  const held: boolean[] = [];
  if (policy.refs) held.push(policy.refs.some((ref) => refHolds(ref, context)));
  if (policy.variables) held.push(policy.variables.some((one) => holds(one.expression, scope.value)));
  if (policy.changes) held.push(context.names.changed?.anyGlob(policy.changes) ?? true);
  if (policy.kubernetes) held.push(false);
  return held;
}

function refHolds(written: string, context: Context): boolean {
  const at = written.indexOf('@');
  const ref = at === -1 ? written : written.slice(0, at);
  const project = at === -1 ? null : written.slice(at + 1);
  if (project !== null && project.toLowerCase() !== context.projectPath.toLowerCase()) return false;
  return nameHolds(ref, context);
}

function nameHolds(ref: string, context: Context): boolean {
  const isMergeRequest = context.mergeRequest !== null;
  if (ref === 'tags') return !isMergeRequest && context.refType === 'tag';
  if (ref === 'branches') return !isMergeRequest && context.refType === 'branch';
  if (sourceNames(context.source).includes(ref)) return true;
  if (isMergeRequest) return false;
  const parts = refPattern(ref);
  if (parts === null) return ref === context.ref;
  return compilePattern(parts.body, parts.flags)?.matches(context.ref) ?? false;
}

/** The words under which a pipeline source is known in `only`: singular, plural, without `_event`. */
function sourceNames(source: string): string[] {
  const base = source.replace(/_event$/, '');
  const names = [base, plural(base)];
  // Files written for GitLab's mirroring of GitHub name pull requests as external ones.
  return base === 'merge_request' ? [...names, 'external_pull_request', 'external_pull_requests'] : names;
}

function plural(word: string): string {
  return /(?:s|sh|ch|x|z)$/.test(word) ? `${word}es` : word.replace(/$/, 's');
}
