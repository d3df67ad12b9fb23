import { holds } from '../decide/evaluate.js';
import { variablesIn, type Expression } from '../decide/expression.js';

/** Whether an expression holds whatever the variables are; null when it depends on them. */
export function truthOf(expression: Expression): boolean | null {
  if (variablesIn(expression).length === 0) return holds(expression, () => null);
  if (expression.kind !== 'binary') return null;
  const left = truthOf(expression.left);
  const right = truthOf(expression.right);
  if (expression.operator === '&&' && (left === false || right === false)) return false;
  if (expression.operator === '||' && left === true) return true;
  return null;
}
