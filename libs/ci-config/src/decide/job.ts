import type { Budget } from '../budget.js';
import type { Context } from '../context.js';
import type { JobWhen } from '../contract.js';
import { groupName, type JobInstance } from '../expand/instances.js';
import { stageOf } from '../check/logical.js';
import { slug } from '../predefined.js';
import type { Configuration } from '../shape/root.js';
import type { Need } from '../shape/keywords/needs.js';
import type { Rule } from '../shape/keywords/rules.js';
import { noVariables, type Variables } from '../shape/variables.js';
import { overlay, Scope, type Variable } from '../variables/scope.js';
import { firstMatch } from './conditions.js';
import { environmentFacts } from './environment-facts.js';
import { leftOutBy, policiesOf } from './policies.js';

/** What became of one instance, and why. */
export interface JobDecision {
  readonly instance: JobInstance;
  readonly kept: boolean;
  /** Which kind of condition decided, and for `rules` which entry (null: none matched). */
  readonly by: 'rules' | 'only' | 'except' | 'default';
  readonly rule: number | null;
  readonly when: JobWhen;
  readonly startIn: number | null;
  readonly allowFailure: boolean | { exit_codes: number[] };
  readonly needs: readonly Need[] | undefined;
  readonly interruptible: boolean;
  readonly variables: Variables;
  /** What the job's conditions saw. */
  readonly scope: Scope;
}

/** What all jobs of a pipeline share when their rules are decided. */
export interface PipelineScope {
  readonly configuration: Configuration;
  readonly context: Context;
  readonly budget: Budget;
  /** Root variables with those of the workflow rule on top. */
  readonly rootVariables: Variables;
  /** Stronger than anything in the file. */
  readonly outer: ReadonlyMap<string, Variable>;
  /** Weaker than anything in the file. */
  readonly predefined: ReadonlyMap<string, Variable>;
}

/** Decides whether one job instance is part of the pipeline, and in which form. */
export function decideJob(instance: JobInstance, pipeline: PipelineScope): JobDecision {
  const { values } = instance.definition;
  const variables = ownVariables(instance, pipeline);
  pipeline.budget.spend(variables.size + 10 * (values.rules?.length ?? 0), instance.definition.key);
  const scope = jobScope(instance, variables, pipeline);
  if (values.rules !== undefined) return byRules(instance, values.rules, variables, scope, pipeline.context);
  const policies = policiesOf(instance.definition, pipeline.configuration.workflow.hasRules);
  const leftOut = leftOutBy(policies, scope, pipeline.context);
  const isDefault = policies.only === undefined || (leftOut !== 'except' && values.only === undefined);
  const decision = asWritten(instance, variables, scope);
  if (leftOut === null) return { ...decision, by: isDefault ? 'default' : 'only' };
  return { ...decision, kept: false, by: leftOut === 'only' && values.only === undefined ? 'default' : leftOut };
}

function asWritten(instance: JobInstance, variables: Variables, scope: Scope): JobDecision {
  const { values } = instance.definition;
  return {
    instance,
    kept: true,
    by: 'default',
    rule: null,
    when: values.when ?? 'on_success',
    startIn: values.start_in ?? null,
    allowFailure: values.allow_failure ?? values.when === 'manual',
    needs: values.needs,
    interruptible: values.interruptible ?? false,
    variables,
    scope,
  };
}

function byRules(
  instance: JobInstance,
  rules: readonly Rule[],
  variables: Variables,
  scope: Scope,
  context: Context,
): JobDecision {
  const written = asWritten(instance, variables, scope);
  const index = firstMatch(rules, scope, context);
  const rule = rules[index];
  if (rule === undefined) return { ...written, kept: false, by: 'rules', rule: null };
  const when = rule.when ?? written.when;
  if (when === 'never') return { ...written, kept: false, by: 'rules', rule: index };
  return {
    ...written,
    by: 'rules',
    rule: index,
    when,
    startIn: rule.start_in ?? null,
    allowFailure: rule.allow_failure ?? written.allowFailure,
    needs: rule.needs ?? written.needs,
    interruptible: rule.interruptible ?? written.interruptible,
    variables: overlay(variables, rule.variables),
  };
}

/** What the file gives a job before its rules: inherited, its own, the matrix cell's. */
function ownVariables(instance: JobInstance, pipeline: PipelineScope): Variables {
  const { values } = instance.definition;
  return overlay(
    inherited(pipeline.rootVariables, values.inherit?.variables ?? true),
    values.variables,
    instance.matrix,
  );
}

function inherited(root: Variables, which: boolean | string[]): Variables {
  if (which === true) return root;
  if (which === false) return noVariables;
  return new Map([...root].filter(([name]) => which.includes(name)));
}

/** Most jobs never look anything up, so the layers are made when the first one does. */
function jobScope(instance: JobInstance, variables: Variables, pipeline: PipelineScope): Scope {
  return new Scope(() => {
    const own = { get: (name: string) => jobFact(instance, name) };
    const layers = [pipeline.outer, variables, own, pipeline.predefined];
    const environment = environmentFacts(instance, new Scope(() => layers));
    return environment === null ? layers : [pipeline.outer, variables, environment, own, pipeline.predefined];
  });
}

/** What is predefined for this job alone. */
function jobFact(instance: JobInstance, name: string): Variable | undefined {
  if (!name.startsWith('CI_JOB_') && !name.startsWith('CI_NODE_')) return undefined;
  const value = jobFactText(instance, name);
  return value === undefined ? undefined : { value, raw: false };
}

function jobFactText(instance: JobInstance, name: string): string | undefined {
  switch (name) {
    case 'CI_JOB_NAME':
      return instance.name;
    case 'CI_JOB_NAME_SLUG':
      return slug(instance.name);
    case 'CI_JOB_GROUP_NAME':
      return groupName(instance.name);
    case 'CI_JOB_STAGE':
      return stageOf(instance.definition);
    case 'CI_JOB_MANUAL':
      return instance.definition.values.when === 'manual' ? 'true' : undefined;
    case 'CI_NODE_TOTAL':
      return String(instance.parallel?.total ?? 1);
    case 'CI_NODE_INDEX':
      return instance.parallel ? String(instance.parallel.index) : undefined;
    default:
      return undefined;
  }
}
