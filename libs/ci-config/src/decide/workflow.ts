import type { Context } from '../context.js';
import type { Workflow } from '../shape/root.js';
import { noVariables, type Variables } from '../shape/variables.js';
import { overlay, type Scope } from '../variables/scope.js';
import { firstMatch } from './conditions.js';
import type { AutoCancel } from '../shape/keywords/rules.js';

export interface WorkflowDecision {
  readonly created: boolean;
  /** Index of the rule that decided; null without rules or without a match. */
  readonly rule: number | null;
  readonly variables: Variables;
  readonly autoCancel: AutoCancel;
}

/** Decides by `workflow:rules` whether there is a pipeline. */
export function decideWorkflow(flow: Workflow, scope: Scope, context: Context): WorkflowDecision {
  const autoCancel = flow.auto_cancel ?? {};
  if (flow.rules === undefined) return { created: true, rule: null, variables: noVariables, autoCancel };
  const index = firstMatch(flow.rules, scope, context);
  const rule = flow.rules[index];
  if (rule === undefined) return { created: false, rule: null, variables: noVariables, autoCancel };
  return {
    created: rule.when !== 'never',
    rule: index,
    variables: overlay(rule.variables),
    autoCancel: { ...autoCancel, ...rule.auto_cancel },
  };
}

const SKIP_MARKER = /\[(?:ci[ _-]skip|skip[ _-]ci)\]/i;
const SOURCES_THAT_SKIP = new Set(['push', 'merge_request_event', 'external_pull_request_event']);

/** A commit message can ask for no jobs; only where a push or a merge request started the pipeline. */
export function hasSkipMarker(context: Context): boolean {
  return SOURCES_THAT_SKIP.has(context.source) && SKIP_MARKER.test(context.commitMessage);
}
