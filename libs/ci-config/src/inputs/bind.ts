import { holds } from '../decide/evaluate.js';
import { compilePattern } from '../decide/regex.js';
import { plain, quote, type Report } from '../findings.js';
import { isNull, listNode, mapNode, scalarNode, stringNode, type Entry, type Node } from '../nodes.js';
import { rubyFloat } from '../read/ruby-scalars.js';
import type { InputRule, InputSpec, InputType } from './header.js';

type Place = Pick<Node, 'source' | 'offset'>;

/** The values of a file's inputs, by name. */
export type InputValues = ReadonlyMap<string, Node>;

/**
 * Gives each input its value: what was given, else the default. Types are checked, never guessed:
 * a string input takes the text of anything, the others read a text as JSON first.
 */
export function bindInputs(
  specs: ReadonlyMap<string, InputSpec>,
  given: ReadonlyMap<string, Node>,
  at: Place,
  report: Report,
): InputValues {
  const unknown = [...given.keys()].filter((name) => !specs.has(name));
  if (unknown.length > 0) {
    report.error('input_unknown', `unknown input arguments: ${unknown.map(plain).join(', ')}.`, 'inputs', at);
  }
  const values = new Map<string, Node>();
  const open = new Set<string>();
  const valueOf = (name: string, asked?: InputSpec): Node | undefined => {
    const spec = specs.get(name);
    if (spec === undefined && asked) {
      const sentence = `\`${plain(asked.name)}\` input: unknown input name provided: \`${plain(name)}\` in its rules.`;
      report.error('input', sentence, `spec:inputs:${plain(asked.name)}:rules`, asked.at);
    }
    if (spec === undefined || values.has(name)) return values.get(name);
    if (open.has(name)) {
      const sentence = `\`${plain(name)}\` input: its rules lead back to itself.`;
      report.error('input', sentence, `spec:inputs:${plain(name)}`, spec.at);
      return undefined;
    }
    open.add(name);
    const value = new Binder(spec, (other) => valueOf(other, spec), at, report).bind(given.get(name));
    open.delete(name);
    if (value) values.set(name, value);
    return value;
  };
  // A rule may look at any other input, wherever that stands.
  for (const name of specs.keys()) valueOf(name);
  return new Map([...specs.keys()].flatMap((name) => pairOf(name, values.get(name))));
}

function pairOf(name: string, value: Node | undefined): [string, Node][] {
  return value === undefined ? [] : [[name, value]];
}

class Binder {
  constructor(
    private readonly spec: InputSpec,
    private readonly valueOf: (name: string) => Node | undefined,
    private readonly at: Place,
    private readonly report: Report,
  ) {}

  bind(given: Node | undefined): Node | undefined {
    const rule = this.matchingRule();
    const isGiven = given !== undefined && !isNull(given) && !this.isEmptyChoice(given);
    const fallback = rule?.default ?? this.spec.default;
    // A rule's null without options says that there is nothing to choose from: a person must type a value.
    const mustBeGiven = rule?.default !== undefined && isNull(rule.default) && rule.options === undefined;
    if (!isGiven && (fallback === undefined || mustBeGiven))
      return this.fault('required value has not been provided', this.at);
    const options = rule?.options ?? this.spec.options;
    // The default is looked at even where it is not used: it is a fault of the file, whoever calls it.
    const standard = isNull(fallback) ? fallback : this.check(this.coerce(fallback as Node), 'default', options);
    if (isGiven) return this.check(this.coerce(given), 'provided', options);
    return standard && this.coerce(standard);
  }

  /** An empty text given for an input with rules is the empty line of a form: nothing was chosen. */
  private isEmptyChoice(given: Node): boolean {
    return this.spec.rules !== undefined && given.kind === 'scalar' && given.type === 'string' && given.text === '';
  }

  private fault(what: string, at: Place): undefined {
    this.report.error(
      'input',
      `\`${plain(this.spec.name)}\` input: ${what}.`,
      `spec:inputs:${plain(this.spec.name)}`,
      at,
    );
  }

  private matchingRule(): InputRule | undefined {
    const lookup = (name: string) => textOf(this.valueOf(name.replace(/^inputs\./, '')));
    return this.spec.rules?.find((rule) => rule.if === undefined || holds(rule.if, lookup));
  }

  private coerce(value: Node): Node {
    if (this.spec.type === 'string')
      return isNull(value) ? stringNode('', value) : stringNode(textOf(value) ?? '', value);
    return value.kind === 'scalar' && value.type === 'string' ? fromJsonText(value.text, value) : value;
  }

  /** Texts are compared as texts, numbers as numbers: the option `"1"` is not the number 1. */
  private isSame(option: Node, value: Node): boolean {
    if (this.spec.type === 'string') return textOf(option) === textOf(value);
    return option.kind === 'scalar' && value.kind === 'scalar' && option.value === value.value;
  }

  private check(value: Node, source: string, options: readonly Node[] | undefined): Node | undefined {
    if (!isOfType(value, this.spec.type))
      return this.fault(`${source} value is not ${articles[this.spec.type]}`, this.at);
    const text = textOf(value) ?? '';
    if (options && !options.some((option) => this.isSame(option, value))) {
      return this.fault(`${quote(text)} cannot be used because it is not in the list of allowed options`, this.at);
    }
    if (this.spec.regex === undefined) return value;
    const pattern = compilePattern(this.spec.regex, '');
    if (pattern === null) return this.fault('invalid regular expression', this.spec.at);
    return pattern.matches(text) ? value : this.fault(`${source} value does not match required RegEx pattern`, this.at);
  }
}

const articles: Record<InputType, string> = {
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  array: 'an array',
};

/** Whether a value is of an input's type. */
export function isOfType(value: Node, type: InputType): boolean {
  if (type === 'array') return value.kind === 'list';
  if (value.kind !== 'scalar') return false;
  if (type === 'number') return value.type === 'integer' || value.type === 'float';
  return value.type === type;
}

/** The text that a value becomes inside a text. */
export function textOf(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  return node.kind === 'scalar' ? node.text : inspect(node);
}

/** A list or hash inside a text, as Ruby prints it; keys are symbols there. */
function inspect(node: Node): string {
  if (node.kind === 'list') return `[${node.items.map(inspect).join(', ')}]`;
  if (node.kind === 'map') {
    const pairs = [...node.entries].map(([key, entry]) => `:${key}=>${inspect(entry.value)}`);
    return `{${pairs.join(', ')}}`;
  }
  if (node.kind === 'reference') return node.written;
  if (node.type === 'null') return 'nil';
  return node.type === 'string' ? JSON.stringify(node.text) : node.text;
}

function fromJsonText(text: string, at: Place & Node): Node {
  try {
    return fromJson(JSON.parse(text), at);
  } catch {
    // Not JSON: the text itself is the value, and the type check speaks about it.
    return at;
  }
}

/** A JSON value as a node that stands where `at` is. */
export function fromJson(value: unknown, at: Place): Node {
  if (value === null || value === undefined) return scalarNode('null', null, '', at.source, at.offset);
  if (typeof value === 'string') return stringNode(value, at);
  if (typeof value === 'boolean') return scalarNode('boolean', value, String(value), at.source, at.offset);
  if (typeof value === 'number') {
    const isWhole = Number.isInteger(value);
    return scalarNode(
      isWhole ? 'integer' : 'float',
      value,
      isWhole ? String(value) : rubyFloat(value),
      at.source,
      at.offset,
    );
  }
  if (Array.isArray(value))
    return listNode(
      value.map((item) => fromJson(item, at)),
      at,
    );
  const entries = Object.entries(value as Record<string, unknown>).map(([key, item]): [string, Entry] => [
    key,
    { key: stringNode(key, at), value: fromJson(item, at) },
  ]);
  return mapNode(new Map(entries), at);
}
