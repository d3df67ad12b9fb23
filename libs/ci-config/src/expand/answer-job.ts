import { stageOf } from '../check/logical.js';
import type { CompiledJob, CompiledNeed, PlainObject, VariableValue } from '../contract.js';
import type { JobDecision } from '../decide/job.js';
import { isPagesJob } from '../shape/job-rules.js';
import type { JobValues } from '../shape/keywords/job-keywords.js';
import { noRetry } from '../shape/keywords/outcome.js';
import type { Variables } from '../shape/variables.js';
import { expandText } from '../variables/expand-text.js';
import type { Instances } from './instances.js';
import { expandName } from './needs.js';
import type { ExpandedNeeds } from './expanded-needs.js';

/** A kept job in the form of the contract. */
export function answerJob(decision: JobDecision, needs: ExpandedNeeds | null, instances: Instances): CompiledJob {
  const { instance } = decision;
  const { values } = instance.definition;
  const job: CompiledJob = {
    name: instance.name,
    stage: stageOf(instance.definition),
    when: decision.when,
    start_in: decision.startIn,
    allow_failure: decision.allowFailure,
    needs: needs && answerNeeds(needs),
    dependencies: values.dependencies ? values.dependencies.flatMap((name) => expandName(name, instances)) : null,
    tags: (values.tags ?? []).map((tag) => expandText(tag, decision.scope.value, 'keep')),
    image: values.image ?? null,
    services: values.services ?? [],
    before_script: values.before_script ?? [],
    script: values.script ?? [],
    after_script: values.after_script ?? [],
    variables: answerVariables(decision.variables),
    cache: values.cache ?? [],
    artifacts: artifactsOf(decision),
    retry: values.retry ?? noRetry,
    timeout: values.timeout ?? null,
    parallel: instance.parallel,
    environment: values.environment ?? null,
    resource_group: values.resource_group ?? null,
    interruptible: decision.interruptible,
    coverage: values.coverage ?? null,
    release: values.release ?? null,
    trigger: values.trigger ?? null,
    id_tokens: values.id_tokens ?? null,
    secrets: values.secrets ?? null,
    hooks: (values.hooks as PlainObject | undefined) ?? null,
    pages: pagesOf(decision),
  };
  return { ...job, ...rarelyGiven(values) };
}

function rarelyGiven(values: JobValues): Partial<CompiledJob> {
  const rare: Partial<CompiledJob> = {};
  if (values.manual_confirmation !== undefined) rare.manual_confirmation = values.manual_confirmation;
  if (values.run !== undefined) rare.run = values.run;
  if (values.inputs !== undefined) rare.inputs = values.inputs;
  return rare;
}

function answerNeeds(needs: ExpandedNeeds): CompiledNeed[] {
  const jobs = needs.jobs.map(({ job, artifacts, optional }) => ({ job, artifacts, optional }));
  const cross = needs.cross.map(({ kind: _kind, at: _at, ...need }) => ({ ...need, optional: false }));
  return [...jobs, ...cross];
}

/** Variables as the contract prints them; those that must not be expanded say so. */
export function answerVariables(variables: Variables): Record<string, VariableValue> {
  const made = Object.create(null) as Record<string, VariableValue>;
  for (const [name, { value, raw }] of variables) made[name] = raw ? { value, expand: false } : value;
  return made;
}

function pagesOf(decision: JobDecision): PlainObject | null {
  const { definition } = decision.instance;
  if (!isPagesJob(definition)) return null;
  const { pages, publish } = definition.values;
  const written = typeof pages === 'object' ? pages : {};
  return publish === undefined ? written : { ...written, publish };
}

/** A pages job keeps the folder that it publishes. */
function artifactsOf(decision: JobDecision): PlainObject | null {
  const { artifacts } = decision.instance.definition.values;
  const pages = pagesOf(decision);
  if (pages === null) return artifacts ?? null;
  const folder = typeof pages['publish'] === 'string' ? pages['publish'] : 'public';
  const paths = Array.isArray(artifacts?.['paths']) ? artifacts['paths'] : [];
  return { ...artifacts, paths: paths.includes(folder) ? paths : [...paths, folder] };
}
