import type { Expression } from './expression.js';
import { patternFromText, type Pattern } from './regex.js';

/** What an expression is looked up in; undefined and null both mean: not defined. */
export type Lookup = (name: string) => string | null | undefined;

type Value = string | boolean | null | Pattern;

/** Whether an `if` holds. Values of variables are taken as they are, never expanded. */
export function holds(expression: Expression, lookup: Lookup): boolean {
  return isTrue(evaluate(expression, lookup));
}

/** The value of one part of an expression, for explanations. */
export function valueOf(expression: Expression, lookup: Lookup): string | boolean | null {
  return asPlain(evaluate(expression, lookup));
}

function evaluate(expression: Expression, lookup: Lookup): Value {
  switch (expression.kind) {
    case 'variable':
      return lookup(expression.name) ?? null;
    case 'value':
      return expression.value;
    case 'pattern':
      return expression.pattern;
    case 'not':
      return !isTrue(evaluate(expression.operand, lookup));
    case 'binary':
      return evaluateBinary(expression, lookup);
  }
}

function evaluateBinary(expression: Extract<Expression, { kind: 'binary' }>, lookup: Lookup): Value {
  const left = evaluate(expression.left, lookup);
  switch (expression.operator) {
    // Only null and false give way here; the empty text counts as true, unlike as a whole expression.
    case '&&':
      return left === null || left === false ? left : evaluate(expression.right, lookup);
    case '||':
      return left === null || left === false ? evaluate(expression.right, lookup) : left;
    case '==':
      return same(left, evaluate(expression.right, lookup));
    case '!=':
      return !same(left, evaluate(expression.right, lookup));
    case '=~':
      return asked(left, evaluate(expression.right, lookup), (found) => found);
    case '!~':
      return asked(left, evaluate(expression.right, lookup), (found) => !found);
  }
}

function isTrue(value: Value): boolean {
  return typeof value === 'string' ? value.trim() !== '' : value !== null && value !== false;
}

function same(left: Value, right: Value): boolean {
  const a = asPlain(left);
  const b = asPlain(right);
  return a === null || b === null ? a === b : String(a) === String(b);
}

/** A boolean is no pattern: to ask for it is a fault of evaluation, which is false either way. */
function asked(left: Value, right: Value, answer: (found: boolean) => boolean): boolean {
  return typeof right === 'boolean' ? false : answer(matches(left, right));
}

function matches(left: Value, right: Value): boolean {
  const text = String(asPlain(left) ?? '');
  if (right === null) return false;
  if (typeof right === 'object') return right.matches(text);
  const written = String(right);
  const pattern = patternFromText(written);
  // GitLab turns the test round for a plain text: is the left side a part of the right one?
  return pattern === null ? written.includes(text) : pattern.matches(text);
}

function asPlain(value: Value): string | boolean | null {
  return value !== null && typeof value === 'object' ? `/${value.source}/` : value;
}
