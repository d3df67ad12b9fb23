import { compilePattern } from './regex.js';

/**
 * Whether any path fits a `regexp` of `changes` or `exists`. Ruby's anchors are turned into RE2's;
 * lines are matched one by one as in Ruby. What RE2 cannot do (look-around) never matches here, and
 * is refused when the rule is read.
 */
export function searchPaths(expression: string, paths: readonly string[]): boolean {
  const pattern = compilePattern(translate(expression), 'm');
  return pattern !== null && paths.some((path) => pattern.matches(path));
}

/** Whether an expression can be searched with here; variables in it stand for themselves. */
export function isPathRegexp(expression: string): boolean {
  return compilePattern(translate(expression), 'm') !== null;
}

function translate(expression: string): string {
  return expression.replace(/\\(.)/g, (written, char: string) => {
    if (char === 'Z') return '\\z';
    if (char === 'h') return '[0-9a-fA-F]';
    return written;
  });
}
