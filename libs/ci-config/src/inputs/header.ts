import { found, plain, quote, type Report } from '../findings.js';
import { limits } from '../limits.js';
import { child, isNull, isString, type MapNode, type Node } from '../nodes.js';
import { byKind, checkKeys, flag, integer, oneOf, record, shape, Spot, text, type Shape } from '../shape/shape.js';
import { parseExpression, variablesIn, type Expression } from '../decide/expression.js';

export type InputType = 'string' | 'number' | 'boolean' | 'array';

/** One entry of `spec:inputs`: what may be given for it. */
export interface InputSpec {
  readonly name: string;
  readonly type: InputType;
  /** Absent: a value must be given. A null node is a default of null. */
  readonly default?: Node;
  readonly options?: readonly Node[];
  readonly regex?: string;
  readonly rules?: readonly InputRule[];
  readonly at: Node;
}

export interface InputRule {
  readonly if?: Expression;
  readonly options?: readonly Node[];
  readonly default?: Node;
}

export interface Header {
  readonly inputs: ReadonlyMap<string, InputSpec>;
  /** The `include` of the header, still to be resolved. */
  readonly include?: Node;
  readonly component: readonly string[];
}

const COMPONENT_FACTS = ['name', 'sha', 'version', 'reference'] as const;

/** Reads the header document of a file: `spec` with its inputs. */
export function readHeader(header: MapNode, report: Report): Header {
  const top = new Spot('spec', report);
  checkKeys(header, new Set(['spec']), new Spot('header', report));
  if (header.hasReference) {
    // References are followed in the merged configuration, long after the header has been read.
    report.error('reference', 'spec cannot hold a !reference: write the value itself.', 'spec', header);
  }
  const spec = child(header, 'spec');
  if (spec === undefined || isNull(spec)) return { inputs: new Map(), component: [] };
  if (spec.kind !== 'map') {
    top.wrong('a hash', spec);
    return { inputs: new Map(), component: [] };
  }
  checkKeys(spec, new Set(['inputs', 'include', 'component']), top);
  const include = child(spec, 'include');
  return {
    inputs: readInputs(child(spec, 'inputs'), report),
    include: isNull(include) ? undefined : include,
    component: readComponent(child(spec, 'component'), top.in('component')),
  };
}

function readComponent(node: Node | undefined, spot: Spot): readonly string[] {
  if (node === undefined || isNull(node)) return [];
  if (node.kind !== 'list') {
    spot.wrong('an array of strings', node);
    return [];
  }
  const fact = oneOf(...COMPONENT_FACTS);
  return node.items.map((item) => fact.read(item, spot)).filter((name) => name !== undefined);
}

/** Reads a hash of inputs, of a header or of a file that a header includes. */
export function readInputs(node: Node | undefined, report: Report): ReadonlyMap<string, InputSpec> {
  const inputs = new Map<string, InputSpec>();
  if (node === undefined || isNull(node)) return inputs;
  const spot = new Spot('spec:inputs', report);
  if (node.kind !== 'map') {
    spot.wrong('a hash', node);
    return inputs;
  }
  for (const [name, entry] of node.entries) {
    const spec = readInput(name, entry.value, entry.key, spot.in(name));
    if (spec) inputs.set(name, spec);
  }
  return inputs;
}

const scalar: Shape<Node> = shape('a value', (node) => node);

const optionList: Shape<readonly Node[]> = shape('a list', (node, spot) => {
  if (node.kind !== 'list') return spot.wrong('a list', node);
  if (node.items.length > limits.inputOptions) {
    return spot.fault('length', `cannot define more than ${limits.inputOptions} options`, node);
  }
  return node.items;
});

const ruleFields = {
  if: shape<Expression>('an expression', (node, spot) => {
    const parsed = isString(node) ? parseExpression(node.value) : undefined;
    if (!parsed || !('expression' in parsed)) {
      const written = isString(node) ? quote(node.value) : found(node);
      return spot.fault('expression', `invalid expression syntax: ${written}`, node);
    }
    const other = variablesIn(parsed.expression).find((name) => !name.startsWith('inputs.'));
    if (other === undefined) return parsed.expression;
    return spot.fault('expression', `can only look at inputs, not at \`$${plain(other)}\``, node);
  }),
  options: optionList,
  default: scalar,
};

const rules: Shape<readonly InputRule[]> = shape('a list of hashes', (node, spot) => {
  if (node.kind !== 'list') return spot.wrong('a list of hashes', node);
  const read = node.items.map((item) => readInputRule(item, spot.in('rule')));
  return read.every((rule) => rule !== undefined) ? read : undefined;
});

function readInputRule(node: Node, spot: Spot): InputRule | undefined {
  const rule = record(ruleFields, { empty: false }).read(node, spot);
  if (rule === undefined) return undefined;
  // A default of null is given on purpose here: the person who starts the pipeline types a value.
  const written = child(node, 'default');
  return written === undefined ? rule : { ...rule, default: written };
}

const inputHash = record({
  default: scalar,
  description: byKind<string | number>('a string or an integer', { text: text(), other: integer() }),
  options: optionList,
  regex: text(),
  type: shape<string>('a type', (node) => (isString(node) ? node.value : '')),
  rules,
  // Accepted by GitLab's schema for the page that starts a pipeline; it changes nothing here.
  required: flag(),
});

function readInput(name: string, node: Node, key: Node, spot: Spot): InputSpec | undefined {
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    return spot.fault('input_name', 'has a name that may only hold letters, digits, `_` and `-`', key);
  }
  if (isNull(node)) return { name, type: 'string', at: key };
  if (node.kind !== 'map') return spot.wrong('a hash', node);
  const hash = inputHash.read(node, spot);
  if (hash === undefined) return undefined;
  if (node.entries.has('default') && node.entries.has('rules')) {
    return spot.fault('exclusive', 'config: these keys cannot be used together: default, rules', node);
  }
  // A type that is there and null is an unknown one; only an absent one means text.
  const type = node.entries.has('type') ? (hash.type ?? 'null') : 'string';
  if (!isInputType(type)) {
    return spot.fault(
      'input_type',
      `unknown input specification for \`${name}\` (valid types: array, boolean, number, string), not ${plain(type)}`,
      node,
    );
  }
  return withChecks(
    {
      name,
      type,
      default: child(node, 'default'),
      options: hash.options,
      regex: hash.regex,
      rules: hash.rules,
      at: key,
    },
    spot,
  );
}

function isInputType(type: string): type is InputType {
  return ['string', 'number', 'boolean', 'array'].includes(type);
}

function withChecks(spec: InputSpec, spot: Spot): InputSpec | undefined {
  if (spec.options && spec.type !== 'string' && spec.type !== 'number') {
    return spot.fault(
      'input_options',
      `options can only be used with string and number inputs, not ${spec.type}`,
      spec.at,
    );
  }
  if (spec.regex !== undefined && spec.type !== 'string') {
    return spot.fault('input_regex', `RegEx validation can only be used with string inputs, not ${spec.type}`, spec.at);
  }
  return spec;
}
