import { limits } from '../limits.js';
import { compilePattern, type Pattern } from './regex.js';

export type Operator = '==' | '!=' | '=~' | '!~' | '&&' | '||' | '!';

export type Token = { readonly at: number } & (
  | { readonly kind: '(' | ')' }
  | { readonly kind: 'operator'; readonly operator: Operator }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  | { readonly kind: 'literal'; readonly value: null | boolean }
);

/** A faulty expression: what is wrong and at which character. */
export class ExpressionFault extends Error {
  constructor(
    readonly reason: string,
    readonly at: number,
  ) {
    super(reason);
  }
}

/** The forms in the order in which they are tried at each place. */
const FORMS: readonly [RegExp, (match: RegExpExecArray, at: number) => Token][] = [
  [/[()]/y, (match, at) => ({ kind: match[0] as '(' | ')', at })],
  [/\$\[\[\s*(inputs\.[\w-]+)\s*\]\]/y, (match, at) => ({ kind: 'variable', name: match[1] ?? '', at })],
  [/\$(\w+)/y, (match, at) => ({ kind: 'variable', name: match[1] ?? '', at })],
  [/"([^"\n\r]*)"|'([^'\n\r]*)'/y, (match, at) => ({ kind: 'string', value: match[1] ?? match[2] ?? '', at })],
  [/\/((?:[^/]|\\\/)+[^\\])\/([ismU]*)/y, patternToken],
  [/null/y, (_match, at) => ({ kind: 'literal', value: null, at })],
  [/(true|false)(?!\w)/y, (match, at) => ({ kind: 'literal', value: match[1] === 'true', at })],
  [/==|=~|!=|!~|&&|\|\||!/y, (match, at) => ({ kind: 'operator', operator: match[0] as Operator, at })],
];

/** Splits a `rules:if` expression into tokens; throws an `ExpressionFault`. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at = skipSpace(source, at);
    if (at >= source.length) return tokens;
    const [token, end] = tokenAt(source, at);
    tokens.push(token);
    if (tokens.length > limits.expressionTokens) throw new ExpressionFault('too many tokens', at);
    at = end;
  }
}

function tokenAt(source: string, at: number): [Token, number] {
  for (const [form, make] of FORMS) {
    form.lastIndex = at;
    const match = form.exec(source);
    if (match !== null) return [make(match, at), form.lastIndex];
  }
  throw new ExpressionFault('invalid expression syntax', at);
}

function patternToken(match: RegExpExecArray, at: number): Token {
  const pattern = compilePattern((match[1] ?? '').replaceAll('\\/', '/'), match[2] ?? '');
  if (pattern === null) throw new ExpressionFault('invalid expression syntax: the pattern is not RE2', at);
  return { kind: 'pattern', pattern, at };
}

function skipSpace(source: string, at: number): number {
  let next = at;
  while (next < source.length && /\s/.test(source[next] ?? '')) next += 1;
  return next;
}
