import { ExpressionFault, tokenize, type Operator, type Token } from './lexer.js';
import type { Pattern } from './regex.js';

type BinaryOperator = Exclude<Operator, '!'>;

/** A parsed `rules:if`; `from` and `to` mark its text for explanations. */
export type Expression = { readonly from: number; readonly to: number } & (
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'value'; readonly value: string | boolean | null }
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  | { readonly kind: 'not'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
);

export type ParsedExpression = { expression: Expression } | { fault: string; at: number };

/** The variables that an expression looks at; inputs are called `inputs.NAME`. */
export function variablesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'variable':
      return [expression.name];
    case 'not':
      return variablesIn(expression.operand);
    case 'binary':
      return [...variablesIn(expression.left), ...variablesIn(expression.right)];
    case 'value':
    case 'pattern':
      return [];
  }
}

const cache = new Map<string, ParsedExpression>();

/** Parses the text of an `if`; a fault is a value, with its place in the text. */
export function parseExpression(source: string): ParsedExpression {
  const known = cache.get(source);
  if (known) return known;
  const parsed = parse(source);
  if (cache.size >= 2_000) cache.clear();
  cache.set(source, parsed);
  return parsed;
}

function parse(source: string): ParsedExpression {
  try {
    return { expression: new Parser(tokenize(source), source.length).whole() };
  } catch (error) {
    if (error instanceof ExpressionFault) return { fault: error.reason, at: error.at };
    throw error;
  }
}

/** Recursive descent over at most 99 tokens: or, and, comparison, not, atom. */
class Parser {
  private next = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly end: number,
  ) {}

  whole(): Expression {
    const expression = this.or();
    const rest = this.tokens[this.next];
    if (rest) throw new ExpressionFault('invalid expression syntax', rest.at);
    return expression;
  }

  private or(): Expression {
    return this.chain(['||'], () => this.and());
  }

  private and(): Expression {
    return this.chain(['&&'], () => this.comparison());
  }

  private comparison(): Expression {
    return this.chain(['==', '!=', '=~', '!~'], () => this.not());
  }

  private chain(operators: readonly Operator[], operand: () => Expression): Expression {
    let left = operand();
    for (let token = this.tokens[this.next]; token?.kind === 'operator'; token = this.tokens[this.next]) {
      if (!operators.includes(token.operator) || token.operator === '!') break;
      this.next += 1;
      const right = operand();
      left = { kind: 'binary', operator: token.operator, left, right, from: left.from, to: right.to };
    }
    return left;
  }

  private not(): Expression {
    const token = this.tokens[this.next];
    if (token?.kind !== 'operator' || token.operator !== '!') return this.atom();
    this.next += 1;
    const operand = this.not();
    return { kind: 'not', operand, from: token.at, to: operand.to };
  }

  private atom(): Expression {
    const token = this.tokens[this.next];
    if (token === undefined) throw new ExpressionFault('invalid expression syntax', this.end);
    this.next += 1;
    const to = this.tokens[this.next]?.at ?? this.end;
    switch (token.kind) {
      case 'variable':
        return { kind: 'variable', name: token.name, from: token.at, to };
      case 'string':
      case 'literal':
        return { kind: 'value', value: token.value, from: token.at, to };
      case 'pattern':
        return { kind: 'pattern', pattern: token.pattern, from: token.at, to };
      case '(':
        return this.group(token.at);
      case ')':
      case 'operator':
        throw new ExpressionFault('invalid expression syntax', token.at);
    }
  }

  private group(at: number): Expression {
    const inner = this.or();
    const token = this.tokens[this.next];
    if (token?.kind !== ')') throw new ExpressionFault('invalid expression syntax', token?.at ?? this.end);
    this.next += 1;
    return { ...inner, from: at, to: this.tokens[this.next]?.at ?? this.end };
  }
}
