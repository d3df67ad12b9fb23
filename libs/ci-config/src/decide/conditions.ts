import type { Context } from '../context.js';
import { quote } from '../findings.js';
import type { Rule, RulePaths } from '../shape/keywords/rules.js';
import { expandNested } from '../variables/expand-text.js';
import type { Scope } from '../variables/scope.js';
import { holds } from './evaluate.js';
import type { PathIndex } from './path-index.js';
import { RuleFault } from './path-regexp.js';

/** Index of the first rule whose conditions all hold, or -1. */
export function firstMatch(rules: readonly Rule[], scope: Scope, context: Context): number {
  return rules.findIndex((rule) => ruleHolds(rule, scope, context));
}

/** @throws RuleFault when an expression over paths cannot be evaluated */
export function ruleHolds(rule: Rule, scope: Scope, context: Context): boolean {
  if (rule.if && !holds(rule.if.expression, scope.value)) return false;
  const { changes, exists } = rule;
  if (changes && !told(rule, 'changes', () => changesHold(changes, scope, context))) return false;
  return exists === undefined || told(rule, 'exists', () => existsHolds(exists, scope, context));
}

/** Says of a fault in which part of which rule it is. */
function told(rule: Rule, key: string, decide: () => boolean): boolean {
  try {
    return decide();
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    throw new RuleFault(`rules:${key}:${error.message}`, rule.at);
  }
}

/** Without a list of changed files everything counts as changed. */
function changesHold(changes: RulePaths, scope: Scope, context: Context): boolean {
  const changed = changedFor(changes, scope, context);
  if (changed === null) return true;
  if (changes.regexp !== undefined) return changed.anyRegexp(expand(changes.regexp, scope));
  return changed.anyGlob(changes.paths.map((path) => expand(path, scope)));
}

function changedFor({ compareTo }: RulePaths, scope: Scope, { names }: Context): PathIndex | null {
  if (compareTo === undefined) return names.changed;
  const ref = expand(compareTo, scope);
  const changed = names.changedSince(ref);
  if (changed === undefined) throw new RuleFault(`compare_to is not a valid ref: there is no ${quote(ref)}`);
  return changed;
}

function existsHolds(exists: RulePaths, scope: Scope, context: Context): boolean {
  const paths = treeFor(exists, scope, context);
  if (exists.regexp !== undefined) return paths.anyRegexp(expand(exists.regexp, scope));
  return paths.anyExists(exists.paths.map((path) => expand(path, scope)).filter((path) => path !== ''));
}

function treeFor(exists: RulePaths, scope: Scope, { names, projectPath }: Context): PathIndex {
  if (exists.project === undefined) return names.tree;
  const project = expand(exists.project, scope)
    .replace(/^\/+|\/+$/g, '')
    .toLowerCase();
  const ref = exists.ref === undefined ? undefined : expand(exists.ref, scope);
  const isOwn = project === projectPath.toLowerCase();
  const tree = names.treeOf(project, ref ?? 'HEAD', isOwn);
  if (tree !== undefined) return tree;
  const at = ref === undefined ? '' : `, or has no ref ${quote(ref)}`;
  throw new RuleFault(`project ${quote(project)} is not found or may not be accessed${at}`);
}

function expand(text: string, scope: Scope): string {
  return expandNested(text, scope.find, 'keep');
}
