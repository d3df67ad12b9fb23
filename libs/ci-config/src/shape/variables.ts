import { found, plain } from '../findings.js';
import { predefinedNames } from '../predefined-names.js';
import { isNull, isString, type MapNode, type Node } from '../nodes.js';
import { anyOf, type JsonSchema } from './json-schema.js';
import { shape, type Shape, type Spot } from './shape.js';

export interface Variable {
  readonly value: string;
  /** `expand: false`: the value is text, whatever dollars are in it. */
  readonly raw: boolean;
  readonly at: Node;
}

export type Variables = ReadonlyMap<string, Variable>;

export const noVariables: Variables = new Map();

const ROOT_DATA = ['value', 'description', 'expand', 'options'];
const JOB_DATA = ['value', 'expand'];

/** A hash of variables; which long forms are allowed depends on where it stands. */
function variables(data: readonly string[] | null): Shape<Variables> {
  return shape(
    'a hash of key value pairs',
    (node, spot) => {
      if (node.kind !== 'map') return spot.wrong('a hash of key value pairs', node);
      const read = new Map<string, Variable>();
      let sound = true;
      for (const entry of node.entries.values()) {
        const keyIsName = entry.key.type === 'string' || entry.key.type === 'integer';
        const inner = spot.in(entry.key.text);
        if (!keyIsName)
          inner.fault('type', `has a name that YAML reads as ${found(entry.key)}; put it in quotes`, entry.key);
        const variable = keyIsName ? readVariable(entry.value, inner, data) : undefined;
        if (predefinedNames.has(entry.key.text)) {
          inner.warn('predefined_variable', 'hides the predefined variable of that name', entry.key);
        }
        if (variable === undefined) sound = false;
        else read.set(entry.key.text, variable);
      }
      return sound ? read : undefined;
    },
    variablesSchema(data),
  );
}

const scalarSchema: JsonSchema = { type: ['string', 'number', 'boolean', 'null'] };
/** In rules and services an empty value is none: there it must be written as a text. */
const plainScalarSchema: JsonSchema = { type: ['string', 'number', 'boolean'] };
const longFormSchemas: Record<string, JsonSchema> = {
  value: scalarSchema,
  description: { type: ['string', 'integer', 'null'] },
  expand: { type: ['boolean', 'null'] },
  options: { type: ['array', 'null'], items: { type: 'string' } },
};

function variablesSchema(data: readonly string[] | null): JsonSchema {
  const longForm: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries((data ?? []).map((key) => [key, longFormSchemas[key] ?? {}])),
    additionalProperties: false,
  };
  return { type: 'object', additionalProperties: data === null ? plainScalarSchema : anyOf([scalarSchema, longForm]) };
}

function readVariable(node: Node, spot: Spot, data: readonly string[] | null): Variable | undefined {
  if (node.kind === 'scalar' && (data !== null || node.type !== 'null'))
    return { value: node.text, raw: false, at: node };
  if (node.kind === 'map' && data !== null) return readLongForm(node, spot, data);
  const words = data === null ? 'must be a string' : 'variable definition must be either a string or a hash';
  return spot.fault('type', `${words}, not ${found(node)}`, node);
}

function readLongForm(node: MapNode, spot: Spot, data: readonly string[]): Variable | undefined {
  let sound = true;
  const refuse = (what: string, at: Node) => {
    spot.fault('variable', what, at);
    sound = false;
  };
  for (const [key, entry] of node.entries) {
    if (!data.includes(key)) refuse(`uses invalid data keys: ${plain(key)} (allowed: ${data.join(', ')})`, entry.key);
  }
  const value = node.entries.get('value')?.value;
  if (value && value.kind !== 'scalar') refuse(`value must be a string, not ${found(value)}`, value);
  const expand = node.entries.get('expand')?.value;
  if (expand && !isNull(expand) && !(expand.kind === 'scalar' && expand.type === 'boolean')) {
    refuse(`expand should be a boolean value, not ${found(expand)}`, expand);
  }
  const description = node.entries.get('description')?.value;
  if (description && !isNull(description) && !(isString(description) || isInteger(description)))
    refuse('description should be a string', description);
  const text = value?.kind === 'scalar' ? value.text : '';
  checkOptions(node, value, refuse);
  const raw = expand?.kind === 'scalar' && expand.value === false;
  return sound ? { value: text, raw, at: value ?? node } : undefined;
}

function isInteger(node: Node): boolean {
  return node.kind === 'scalar' && node.type === 'integer';
}

function checkOptions(node: MapNode, value: Node | undefined, refuse: (what: string, at: Node) => void): void {
  const options = node.entries.get('options')?.value;
  if (options === undefined || isNull(options)) return;
  if (options.kind !== 'list' || !options.items.every(isString)) {
    refuse('options should be an array of strings', options);
    return;
  }
  // Options are texts, so a number as value is never among them, even when it looks the same.
  const isListed = isString(value) && options.items.some((item) => isString(item) && item.value === value.value);
  if (options.items.length > 0 && !isListed) {
    refuse(`value must be present in options, and ${value ? found(value) : 'nothing'} is not`, options);
  }
}

export const rootVariables = variables(ROOT_DATA);
export const jobVariables = variables(JOB_DATA);
export const plainVariables = variables(null);
