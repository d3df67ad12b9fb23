import type { Context } from './context.js';
import type { PlainObject, PlainValue } from './contract.js';
import { ruleHolds } from './decide/conditions.js';
import { valueOf } from './decide/evaluate.js';
import type { Expression } from './decide/expression.js';
import type { JobDecision } from './decide/job.js';
import type { WorkflowDecision } from './decide/workflow.js';
import { plain } from './findings.js';
import type { Node } from './nodes.js';
import type { Configuration } from './shape/root.js';
import type { Rule } from './shape/keywords/rules.js';
import type { Scope } from './variables/scope.js';

/** What an explanation is made from; what is absent was not reached. */
export interface Explained {
  readonly configuration?: Configuration;
  readonly context?: Context;
  readonly flow?: WorkflowDecision;
  readonly workflowScope?: Scope;
  readonly decisions?: readonly JobDecision[];
}

/**
 * Why each job is in the pipeline or not: the rules that were tried with the value of each part, the
 * one that decided, and the place that set each keyword. Values are shown as the rules saw them.
 */
export function explain(whole: Explained): PlainObject {
  const jobs = Object.create(null) as PlainObject;
  for (const decision of whole.decisions ?? []) jobs[decision.instance.name] = explainJob(decision, whole.context);
  return { workflow: explainWorkflow(whole), jobs };
}

function explainWorkflow({ configuration, flow, workflowScope, context }: Explained): PlainValue {
  const rules = configuration?.workflow.rules;
  if (!flow || !rules || !workflowScope || !context) return null;
  return { created: flow.created, rule: flow.rule, rules: triedRules(rules, flow.rule, workflowScope, context) };
}

function explainJob(decision: JobDecision, context: Context | undefined): PlainObject {
  const { definition } = decision.instance;
  const fields = Object.create(null) as PlainObject;
  for (const [keyword, node] of definition.places) fields[keyword] = place(node);
  const rules = definition.values.rules;
  return {
    kept: decision.kept,
    by: decision.by,
    rule: decision.rule,
    rules: rules && context ? triedRules(rules, decision.rule, decision.scope, context) : [],
    fields,
  };
}

/** The rules up to the one that decided; all of them when none did. */
function triedRules(rules: readonly Rule[], decided: number | null, scope: Scope, context: Context): PlainValue[] {
  const tried = decided === null ? rules : rules.slice(0, decided + 1);
  return tried.map((rule, index) => {
    const parts = rule.if ? partsOf(rule.if.expression, rule.if.source, scope) : [];
    for (const key of ['changes', 'exists'] as const) {
      if (rule[key]) parts.push({ text: key, value: ruleHolds({ at: rule.at, [key]: rule[key] }, scope, context) });
    }
    return { index, ...place(rule.at), matched: ruleHolds(rule, scope, context), if: rule.if?.source ?? null, parts };
  });
}

/** Every variable and comparison of an expression with its value, outermost first. */
function partsOf(expression: Expression, source: string, scope: Scope): PlainValue[] {
  const own = {
    text: plain(source.slice(expression.from, expression.to).trim()),
    value: shown(valueOf(expression, scope.value)),
  };
  switch (expression.kind) {
    case 'value':
    case 'pattern':
      return [];
    case 'variable':
      return [own];
    case 'not':
      return [own, ...partsOf(expression.operand, source, scope)];
    case 'binary':
      return [own, ...partsOf(expression.left, source, scope), ...partsOf(expression.right, source, scope)];
  }
}

function shown(value: string | boolean | null): PlainValue {
  return typeof value === 'string' ? plain(value) : value;
}

function place(node: Node): { file: string; line: number } {
  return { file: node.source.file, line: node.source.position(node.offset).line };
}
