import { plain, type Report } from '../findings.js';
import type { JobDefinition } from '../shape/job.js';
import type { Rule } from '../shape/keywords/rules.js';
import type { Configuration } from '../shape/root.js';
import { truthOf } from './truth.js';

/** A need on a job that no pipeline ever has fails every pipeline that holds the needing job. */
export function warnAbsentNeeds(configuration: Configuration, report: Report): void {
  const absent = new Set(configuration.jobs.filter(isNeverKept).map((job) => job.name));
  for (const job of configuration.jobs) {
    if (absent.has(job.name)) continue;
    for (const need of job.values.needs ?? []) {
      if (need.kind !== 'job' || need.optional || !absent.has(need.job)) continue;
      const path = `jobs:${plain(job.name)}:needs`;
      const sentence = `${path} names ${plain(need.job)}, which its rules drop from every pipeline; mark the need \`optional\` or remove it.`;
      report.warn('need_never_there', sentence, path, need.at);
    }
  }
}

function isNeverKept({ values: { rules, only, except } }: JobDefinition): boolean {
  if (rules !== undefined) return !rules.some(canKeep(rules));
  return (
    only?.refs?.length === 0 ||
    (except?.refs?.includes('branches') === true && except.refs.includes('tags') && only === undefined)
  );
}

/** A rule can keep the job when it is reached, may match, and does not say never. */
function canKeep(rules: readonly Rule[]): (rule: Rule, index: number) => boolean {
  const end = rules.findIndex((rule) => rule.changes === undefined && rule.exists === undefined && ifOf(rule) === true);
  return (rule, index) => rule.when !== 'never' && ifOf(rule) !== false && (end === -1 || index <= end);
}

/** What the `if` of a rule comes to whatever the variables are; null when it depends on them. */
function ifOf(rule: Rule): boolean | null {
  return rule.if === undefined ? true : truthOf(rule.if.expression);
}
