import type { Context } from '../context.js';
import { limits } from '../limits.js';
import type { Rule, RulePaths } from '../shape/keywords/rules.js';
import { expandNested } from '../variables/expand-text.js';
import type { Scope } from '../variables/scope.js';
import { holds } from './evaluate.js';
import { compileGlob } from './globs.js';
import { searchPaths } from './path-regexp.js';

/** Index of the first rule whose conditions all hold, or -1. */
export function firstMatch(rules: readonly Rule[], scope: Scope, context: Context): number {
  return rules.findIndex((rule) => ruleHolds(rule, scope, context));
}

export function ruleHolds(rule: Rule, scope: Scope, context: Context): boolean {
  if (rule.if && !holds(rule.if.expression, scope.lookup)) return false;
  if (rule.changes && !changesHold(rule.changes, scope, context)) return false;
  return rule.exists === undefined || existsHolds(rule.exists, scope, context);
}

/** Without a list of changed files everything counts as changed. */
export function changesHold(changes: RulePaths, scope: Scope, context: Context): boolean {
  const changed = context.changedPaths;
  if (changed === null) return true;
  if (changes.regexp !== undefined) return searchPaths(expand(changes.regexp, scope), changed);
  return anyGlob(
    changes.paths.map((path) => expand(path, scope)),
    changed,
  );
}

export function anyGlob(patterns: readonly string[], paths: readonly string[]): boolean {
  if (patterns.length * paths.length > limits.globComparisons) return true;
  return patterns.some((pattern) => {
    const glob = compileGlob(pattern);
    return paths.some((path) => glob.matches(path));
  });
}

function existsHolds(exists: RulePaths, scope: Scope, context: Context): boolean {
  // Files of another project are not known here; the pipeline hands in this one's alone.
  const paths = exists.project === undefined ? context.paths : [];
  if (exists.regexp !== undefined) return searchPaths(expand(exists.regexp, scope), paths);
  const patterns = exists.paths.map((path) => expand(path, scope).replace(/^\//, '')).filter((path) => path !== '');
  if (patterns.length * paths.length > limits.globComparisons) return true;
  return patterns.some((pattern) => existsOne(pattern, paths));
}

function existsOne(pattern: string, paths: readonly string[]): boolean {
  if (!/[*?[{]/.test(pattern)) {
    return pattern.endsWith('/') ? paths.some((path) => path.startsWith(pattern)) : paths.includes(pattern);
  }
  const glob = compileGlob(pattern);
  return paths.some((path) => glob.matches(path));
}

function expand(text: string, scope: Scope): string {
  return expandNested(text, scope.find, 'keep');
}
