import { limits } from '../limits.js';
import type { Node } from '../nodes.js';
import { compilePattern, type Pattern } from './regex.js';
import { compileRubyRegexp, TooManySteps, type RubyRegexp, type Steps } from './ruby-regexp.js';

/** A rule that cannot be evaluated in this pipeline; the pipeline fails with these words. */
export class RuleFault extends Error {
  constructor(
    what: string,
    /** The rule, once it is known. */
    readonly at?: Node,
  ) {
    super(what);
  }
}

/**
 * Whether any path fits a `regexp` of `changes` or `exists`, which is Ruby's and not RE2's. What RE2 can
 * do it does; look-around and back references go through a matcher of our own, whose steps are counted.
 *
 * @throws RuleFault when the expression, its variables put in, is none or takes too long
 */
export function searchPaths(expression: string, paths: readonly string[]): boolean {
  if ([...expression].length > limits.pathRegexpChars)
    throw new RuleFault(`regexp is too long (maximum is ${limits.pathRegexpChars} characters)`);
  const pattern = viaRe2(expression);
  if (pattern !== null) return paths.some((path) => pattern.matches(path));
  const ruby = compileRubyRegexp(expression);
  if (ruby === null) throw new RuleFault('regexp is not a regular expression that can be used here');
  let left: number = limits.regexpStepsInAll;
  return paths.some((path) => {
    const given = Math.min(limits.regexpStepsOfPath, left);
    const steps = { left: given };
    const found = matchesInTime(ruby, path, steps);
    left -= given - steps.left;
    return found;
  });
}

function matchesInTime(ruby: RubyRegexp, path: string, steps: Steps): boolean {
  try {
    return ruby.matches(path, steps);
  } catch (error) {
    if (error instanceof TooManySteps || error instanceof RangeError) throw new RuleFault('regexp takes too long');
    throw error;
  }
}

/** Whether an expression can be searched with here; variables in it stand for themselves. */
export function isPathRegexp(expression: string): boolean {
  return viaRe2(expression) !== null || compileRubyRegexp(expression) !== null;
}

function viaRe2(expression: string): Pattern | null {
  return compilePattern(translate(expression), 'm');
}

/** Ruby's words in RE2's: lines are matched one by one, and its `m` is what others call `s`. */
function translate(expression: string): string {
  return expression
    .replace(/\\(.)/g, (written, char: string) => {
      if (char === 'Z') return '\\z';
      if (char === 'h') return '[0-9a-fA-F]';
      if (char === 'H') return '[^0-9a-fA-F]';
      return written;
    })
    .replace(/\(\?([ix]*)m([ix]*)(?=[:)])/g, '(?$1s$2');
}
