import { charCount } from '../characters.js';
import { found, plain, quote } from '../findings.js';
import { didYouMean } from '../nearest.js';
import { isNull, isString, type Node } from '../nodes.js';
import { Spot } from './spot.js';
import { anyOf, orNull, type JsonSchema } from './json-schema.js';

export { Spot };

/**
 * What a value may be. A shape reads a node into a plain value and reports what does not fit;
 * undefined means that it did not. Nothing is coerced, as in GitLab.
 */
export interface Shape<T> {
  /** What should stand here, as it goes on after "should be". */
  readonly words: string;
  /** The same for editors, as far as JSON Schema can say it. */
  readonly schema: JsonSchema;
  read(node: Node, spot: Spot): T | undefined;
}

export type Read<S> = S extends Shape<infer T> ? T : never;

export function shape<T>(
  words: string,
  read: (node: Node, spot: Spot) => T | undefined,
  schema: JsonSchema = {},
): Shape<T> {
  return { words, read, schema };
}

/** A sentence about a text shows the text. */
function withValue(fault: string, value: string): string {
  return value !== '' && fault.includes(plain(value)) ? fault : `${fault}, not ${quote(value)}`;
}

interface TextRules {
  max?: number;
  /** May it be empty? Default: yes. */
  blank?: boolean;
  /** A check of the text itself: the fault to report, or undefined. */
  check?: (text: string) => string | undefined;
  /** What `check` asks for, as far as a pattern can say it to editors. */
  pattern?: string;
}

function textSchema({ max, blank, pattern }: TextRules): JsonSchema {
  const schema: JsonSchema = { type: 'string' };
  if (max !== undefined) schema.maxLength = max;
  if (blank === false) schema.pattern = '\\S';
  if (pattern !== undefined) schema.pattern = pattern;
  return schema;
}

export function text(rules: TextRules = {}): Shape<string> {
  return shape(
    'a string',
    (node, spot) => {
      if (!isString(node)) return spot.wrong('a string', node);
      if (rules.blank === false && node.value.trim() === '') return spot.fault('blank', "can't be blank", node);
      if (rules.max !== undefined && charCount(node.value) > rules.max) {
        return spot.fault('length', `is too long (maximum is ${rules.max} characters): ${quote(node.value)}`, node);
      }
      const fault = rules.check?.(node.value);
      return fault === undefined ? node.value : spot.fault('invalid', withValue(fault, node.value), node);
    },
    textSchema(rules),
  );
}

export function flag(): Shape<boolean> {
  return shape(
    'a boolean value',
    (node, spot) =>
      node.kind === 'scalar' && node.type === 'boolean' ? (node.value as boolean) : spot.wrong('a boolean value', node),
    { type: 'boolean' },
  );
}

export function integer(rules: { min?: number; max?: number } = {}): Shape<number> {
  return shape(
    'an integer',
    (node, spot) => {
      if (node.kind !== 'scalar' || node.type !== 'integer') return spot.wrong('an integer', node);
      const value = node.value as number;
      if (rules.min !== undefined && value < rules.min) {
        return spot.fault('range', `must be greater than or equal to ${rules.min}, not ${plain(node.text)}`, node);
      }
      if (rules.max !== undefined && value > rules.max) {
        return spot.fault('range', `must be less than or equal to ${rules.max}, not ${plain(node.text)}`, node);
      }
      return value;
    },
    {
      type: 'integer',
      ...(rules.min === undefined ? {} : { minimum: rules.min }),
      ...(rules.max === undefined ? {} : { maximum: rules.max }),
    },
  );
}

export function oneOf<T extends string>(...allowed: readonly T[]): Shape<T> {
  const all = allowed.join(', ');
  const words = `one of: ${all.length > 180 ? `${allowed.slice(0, 8).join(', ')}, …` : all}`;
  return shape(
    words,
    (node, spot) => {
      const value = isString(node) ? allowed.find((word) => word === node.value) : undefined;
      if (value !== undefined) return value;
      const hint = isString(node) ? didYouMean(node.value, allowed) : '';
      return spot.fault('one_of', `should be ${words}, not ${found(node)}${hint}`, node);
    },
    { type: 'string', enum: allowed },
  );
}

interface ListRules {
  max?: number;
  /** Why an empty list is refused; absent: it is allowed. */
  empty?: string;
  words?: string;
}

export function list<T>(item: Shape<T>, rules: ListRules = {}): Shape<T[]> {
  const words = rules.words ?? `an array of ${plural(item.words)}`;
  return shape(
    words,
    (node, spot) => {
      if (node.kind !== 'list') return spot.wrong(words, node);
      if (node.items.length === 0 && rules.empty !== undefined) return spot.fault('blank', rules.empty, node);
      if (rules.max !== undefined && node.items.length > rules.max) {
        return spot.fault('length', `has too many entries (maximum ${rules.max}), not ${node.items.length}`, node);
      }
      return readItems(node.items, item, spot);
    },
    listSchema(item.schema, rules),
  );
}

function listSchema(items: JsonSchema, { max, empty }: ListRules): JsonSchema {
  const schema: JsonSchema = { type: 'array', items };
  if (max !== undefined) schema.maxItems = max;
  if (empty !== undefined) schema.minItems = 1;
  return schema;
}

function readItems<T>(items: readonly Node[], item: Shape<T>, spot: Spot): T[] | undefined {
  const values: T[] = [];
  let sound = true;
  for (const node of items) {
    const value = item.read(node, spot);
    if (value === undefined) sound = false;
    else values.push(value);
  }
  return sound ? values : undefined;
}

function plural(words: string): string {
  return words.startsWith('a string')
    ? 'strings'
    : words.replace(/^an? /, '').replace(/$/, words.endsWith('sh') ? 'es' : 's');
}

/** A list of plain texts; the sentence names the list when one entry is none, as GitLab does. */
export function texts(rules: { max?: number; empty?: string } = {}): Shape<string[]> {
  const words = 'an array of strings';
  return shape(
    words,
    (node, spot) => {
      if (node.kind !== 'list') return spot.wrong(words, node);
      if (node.items.length === 0 && rules.empty !== undefined) return spot.fault('blank', rules.empty, node);
      if (rules.max !== undefined && node.items.length > rules.max) {
        return spot.fault('length', `has too many entries (maximum ${rules.max}), not ${node.items.length}`, node);
      }
      const bad = node.items.find((item) => !isString(item));
      if (bad) return spot.fault('type', `should be ${words}; one entry is ${found(bad)}`, bad);
      return node.items.map((item) => (isString(item) ? item.value : ''));
    },
    listSchema({ type: 'string' }, rules),
  );
}

/** One value or a list of them, always read as a list. */
export function oneOrMany<T>(item: Shape<T>, rules: ListRules = {}): Shape<T[]> {
  const many = list(item, rules);
  return shape(
    `${item.words} or ${many.words}`,
    (node, spot) => {
      if (node.kind === 'list') return many.read(node, spot);
      const value = item.read(node, spot);
      return value === undefined ? undefined : [value];
    },
    anyOf([item.schema, many.schema]),
  );
}

/** One shape for texts, another for hashes, a third for lists; what is left out is a fault. */
export function byKind<T>(
  words: string,
  shapes: { text?: Shape<T>; map?: Shape<T>; list?: Shape<T>; other?: Shape<T> },
): Shape<T> {
  return shape(
    words,
    (node, spot) => {
      const chosen =
        node.kind === 'map'
          ? shapes.map
          : node.kind === 'list'
            ? shapes.list
            : isString(node)
              ? shapes.text
              : shapes.other;
      return chosen ? chosen.read(node, spot) : spot.wrong(words, node);
    },
    anyOf([shapes.text, shapes.other, shapes.list, shapes.map].flatMap((one) => (one ? [one.schema] : []))),
  );
}

/** Reads by another shape and turns the result into something else. */
export function mapped<A, B>(inner: Shape<A>, turn: (value: A, node: Node, spot: Spot) => B | undefined): Shape<B> {
  return shape(
    inner.words,
    (node, spot) => {
      const value = inner.read(node, spot);
      return value === undefined ? undefined : turn(value, node, spot);
    },
    inner.schema,
  );
}

type Fields = Record<string, Shape<unknown>>;
export type RecordOf<F extends Fields> = { [K in keyof F]?: Read<F[K]> };

interface RecordRules<F extends Fields> {
  required?: readonly (keyof F & string)[];
  /** Keys of which at most one may be given. */
  exclusive?: readonly (readonly (keyof F & string)[])[];
  words?: string;
  /** Allows `{}`. Default: yes. */
  empty?: boolean;
}

/** A hash with known keys. Null values count as absent. */
export function record<F extends Fields>(fields: F, rules: RecordRules<F> = {}): Shape<RecordOf<F>> {
  const words = rules.words ?? 'a hash';
  const known = new Set(Object.keys(fields));
  return shape(
    words,
    (node, spot) => {
      if (node.kind !== 'map') return spot.wrong(words, node);
      let sound = checkKeys(node, known, spot);
      if (rules.empty === false && node.entries.size === 0) {
        spot.fault('blank', "can't be blank", node);
        sound = false;
      }
      const has = (key: string) => !isNull(node.entries.get(key)?.value);
      const missing = (rules.required ?? []).filter((key) => !has(key));
      if (missing.length > 0) {
        spot.fault('required', `config missing required keys: ${missing.join(', ')}`, node);
        sound = false;
      }
      for (const group of rules.exclusive ?? []) {
        const together = group.filter((key) => node.entries.has(key));
        if (together.length < 2) continue;
        spot.fault('exclusive', `config: these keys cannot be used together: ${together.join(', ')}`, node);
        sound = false;
      }
      const value = readFields(node, fields, spot);
      return sound ? value : undefined;
    },
    recordSchema(fields, rules),
  );
}

function recordSchema<F extends Fields>(fields: F, rules: RecordRules<F>): JsonSchema {
  const properties = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, orNull(field.schema)]));
  const schema: JsonSchema = { type: 'object', properties, additionalProperties: false };
  if (rules.required !== undefined) schema.required = rules.required;
  if (rules.empty === false) schema.minProperties = 1;
  return schema;
}

function readFields<F extends Fields>(
  node: Extract<Node, { kind: 'map' }>,
  fields: F,
  spot: Spot,
): RecordOf<F> | undefined {
  // Its keys are ours, not the user's, so an ordinary object will do and is quicker.
  const value: Record<string, unknown> = {};
  let sound = true;
  for (const [key, entry] of node.entries) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined || isNull(entry.value)) continue;
    const read = field.read(entry.value, spot.in(key));
    if (read === undefined) sound = false;
    else value[key] = read;
  }
  return sound ? (value as RecordOf<F>) : undefined;
}

/** Reports keys that are not known, each at its own place and with the nearest known one. */
export function checkKeys(node: Extract<Node, { kind: 'map' }>, known: ReadonlySet<string>, spot: Spot): boolean {
  let sound = true;
  for (const [key, entry] of node.entries) {
    if (known.has(key)) continue;
    sound = false;
    spot.fault(
      'unknown_key',
      `config contains unknown keys: ${plain(entry.key.text)}${didYouMean(key, known)}`,
      entry.key,
    );
  }
  return sound;
}

/** A hash with keys of the author's choice. */
export function hashOf<T>(value: Shape<T>, rules: { words?: string; empty?: string } = {}): Shape<Record<string, T>> {
  const words = rules.words ?? 'a hash';
  return shape(
    words,
    (node, spot) => {
      if (node.kind !== 'map') return spot.wrong(words, node);
      if (node.entries.size === 0 && rules.empty !== undefined) return spot.fault('blank', rules.empty, node);
      const read: Record<string, T> = Object.create(null);
      let sound = true;
      for (const entry of node.entries.values()) {
        const item = value.read(entry.value, spot.in(entry.key.text));
        if (item === undefined) sound = false;
        else read[entry.key.text] = item;
      }
      return sound ? read : undefined;
    },
    { type: 'object', additionalProperties: value.schema, ...(rules.empty === undefined ? {} : { minProperties: 1 }) },
  );
}
