import { plain } from '../findings.js';
import { isNull } from '../nodes.js';
import type { JobDefinition } from './job.js';
import type { JobKey } from './keywords/job-keywords.js';
import { toPlain } from './plain-value.js';
import type { Spot } from './shape.js';

const EXCLUSIVE: readonly (readonly [JobKey, JobKey])[] = [
  ['script', 'trigger'],
  ['run', 'trigger'],
  ['script', 'run'],
  ['before_script', 'run'],
  ['after_script', 'run'],
];

/** The rules of a job that concern more than one of its keywords. */
export function checkJob(job: JobDefinition, spot: Spot): void {
  checkExclusive(job, spot);
  checkRulesBeside(job, spot);
  checkStart(job, spot);
  checkTrigger(job, spot);
  checkMirror(job, spot);
  checkDependencies(job, spot);
  checkSingles(job, spot);
  checkJobInputUse(job, spot);
}

function isGiven(job: JobDefinition, key: JobKey): boolean {
  return !isNull(job.node.entries.get(key)?.value);
}

function at(job: JobDefinition, key: JobKey) {
  return job.node.entries.get(key)?.key ?? job.places.get(key) ?? job.key;
}

function checkExclusive(job: JobDefinition, spot: Spot): void {
  for (const [a, b] of EXCLUSIVE) {
    // Here null is no way out: a keyword that is there counts, whatever its value.
    if (!job.node.entries.has(a) || !job.node.entries.has(b)) continue;
    spot.fault('exclusive', `config: these keys cannot be used together: ${a}, ${b}`, at(job, b));
  }
}

function checkRulesBeside(job: JobDefinition, spot: Spot): void {
  if (!isGiven(job, 'rules')) return;
  for (const key of ['only', 'except', 'start_in'] as const) {
    if (isGiven(job, key)) spot.fault('with_rules', `config key may not be used with \`rules\`: ${key}`, at(job, key));
  }
}

function checkStart(job: JobDefinition, spot: Spot): void {
  const { when, start_in: startIn } = job.values;
  const delayed = when === 'delayed';
  if (delayed && (isGiven(job, 'rules') || !isGiven(job, 'start_in'))) {
    const what = isGiven(job, 'rules')
      ? 'when: delayed cannot stand beside `rules`; put `when: delayed` and `start_in` into the rule'
      : 'start_in should be a duration: `when: delayed` needs it';
    spot.fault('start_in', what, at(job, 'when'));
  }
  if (!delayed && startIn !== undefined && !isGiven(job, 'rules')) {
    spot.fault('start_in', 'start_in must be blank without `when: delayed`', at(job, 'start_in'));
  }
}

function checkTrigger(job: JobDefinition, spot: Spot): void {
  if (!job.isTrigger) return;
  const { when, allow_failure: allowFailure, parallel } = job.values;
  if (when === 'delayed')
    spot
      .in('when')
      .fault('one_of', 'should be one of: on_success, on_failure, always, manual, not `delayed`', at(job, 'when'));
  if (typeof allowFailure === 'object')
    spot.in('allow_failure').fault('type', 'should be a boolean value in a trigger job', at(job, 'allow_failure'));
  if (parallel?.kind === 'number')
    spot
      .in('parallel')
      .fault(
        'type',
        'should be a hash with matrix: a trigger job cannot use `parallel: <number>`',
        at(job, 'parallel'),
      );
}

/** A need on another project's pipeline alone means: show its status. Only a job without script can. */
function checkMirror(job: JobDefinition, spot: Spot): void {
  const mirrors = (job.values.needs ?? []).filter((need) => need.kind === 'pipeline' && need.job === undefined);
  const [first, second] = mirrors;
  if (first && !job.isTrigger)
    spot.in('needs').fault('type', 'config uses invalid types: a need on a pipeline needs its `job` here', first.at);
  if (second && job.isTrigger)
    spot.in('needs').fault('length', `config can mirror one pipeline, not ${mirrors.length}`, second.at);
}

function checkDependencies(job: JobDefinition, spot: Spot): void {
  const { dependencies, needs } = job.values;
  if (!dependencies?.length || !needs?.length) return;
  const jobNeeds = needs.filter((need) => need.kind === 'job');
  if (jobNeeds.length === 0) {
    spot.fault('dependencies', 'dependencies needs must be from the same pipeline', at(job, 'dependencies'));
    return;
  }
  const names = new Set(jobNeeds.map((need) => need.job));
  for (const name of dependencies) {
    if (!names.has(name))
      spot.fault('dependencies', `dependencies the ${plain(name)} should be part of needs`, at(job, 'dependencies'));
  }
}

/** The runner puts a job's inputs in these alone; anywhere else the block stays as text. */
const TAKES_JOB_INPUTS = new Set<JobKey>([
  'script',
  'before_script',
  'after_script',
  'artifacts',
  'cache',
  'image',
  'services',
  'inputs',
]);

function checkJobInputUse(job: JobDefinition, spot: Spot): void {
  if (job.values.inputs === undefined) return;
  for (const [key, node] of job.places) {
    if (TAKES_JOB_INPUTS.has(key) || !JSON.stringify(toPlain(node)).includes('${{ job.inputs')) continue;
    spot.in(key).warn('no_effect', 'uses `job.inputs`, which is not filled in here', node);
  }
}

function checkSingles(job: JobDefinition, spot: Spot): void {
  const isPages = isPagesJob(job);
  if (isGiven(job, 'publish') && !isPages)
    spot.fault('publish', 'config publish can only be used within a `pages` job', at(job, 'publish'));
  if (isGiven(job, 'release') && !isGiven(job, 'script'))
    spot.fault('required', 'config missing required keys: script (`release` needs it)', at(job, 'release'));
  if (isGiven(job, 'publish') && typeof job.values.pages === 'object' && 'publish' in job.values.pages) {
    spot.fault('publish', 'config: use either publish or pages:publish', at(job, 'publish'));
  }
  if (job.name === 'pages:deploy' && job.values.stage === 'deploy') {
    spot.fault('job_name', 'has a reserved name: `pages:deploy` cannot be a job in the stage deploy', job.key);
  }
  if (isPages) spot.warn('no_effect', 'keeps its artifact, but Crosstie publishes no pages', at(job, 'pages'));
}

/** A job called `pages` publishes pages unless it says `pages: false`; others when they say so. */
export function isPagesJob(job: JobDefinition): boolean {
  const { pages } = job.values;
  return pages === undefined ? job.name === 'pages' : pages !== false;
}
