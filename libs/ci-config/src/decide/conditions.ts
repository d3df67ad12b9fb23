import type { Context } from '../context.js';
import type { Rule, RulePaths } from '../shape/keywords/rules.js';
import { expandNested } from '../variables/expand-text.js';
import type { Scope } from '../variables/scope.js';
import { holds } from './evaluate.js';
import { PathIndex } from './path-index.js';
import { RuleFault } from './path-regexp.js';

/** Index of the first rule whose conditions all hold, or -1. */
export function firstMatch(rules: readonly Rule[], scope: Scope, context: Context): number {
  return rules.findIndex((rule) => ruleHolds(rule, scope, context));
}

/** @throws RuleFault when an expression over paths cannot be evaluated */
export function ruleHolds(rule: Rule, scope: Scope, context: Context): boolean {
  if (rule.if && !holds(rule.if.expression, scope.value)) return false;
  try {
    return pathsHold(rule, scope, context);
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    const key = rule.changes?.regexp === undefined ? 'exists' : 'changes';
    throw new RuleFault(`rules:${key}:${error.message}`, rule.at);
  }
}

function pathsHold(rule: Rule, scope: Scope, context: Context): boolean {
  if (rule.changes && !changesHold(rule.changes, scope, context)) return false;
  return rule.exists === undefined || existsHolds(rule.exists, scope, context);
}

/** Without a list of changed files everything counts as changed. */
function changesHold(changes: RulePaths, scope: Scope, context: Context): boolean {
  const changed = context.changedPaths;
  if (changed === null) return true;
  if (changes.regexp !== undefined) return changed.anyRegexp(expand(changes.regexp, scope));
  return changed.anyGlob(changes.paths.map((path) => expand(path, scope)));
}

function existsHolds(exists: RulePaths, scope: Scope, context: Context): boolean {
  // Files of another project are not known here; the caller hands in this one's alone.
  const isOwn = exists.project === undefined || isOwnProject(expand(exists.project, scope), context);
  const paths = isOwn ? context.paths : NO_PATHS;
  if (exists.regexp !== undefined) return paths.anyRegexp(expand(exists.regexp, scope));
  return paths.anyExists(exists.paths.map((path) => expand(path, scope)).filter((path) => path !== ''));
}

function isOwnProject(project: string, context: Context): boolean {
  return project.replace(/^\/|\/$/g, '').toLowerCase() === context.projectPath.toLowerCase();
}

const NO_PATHS = new PathIndex([]);

function expand(text: string, scope: Scope): string {
  return expandNested(text, scope.find, 'keep');
}
