import { found, plain } from '../../findings.js';
import { limits } from '../../limits.js';
import type { MapNode, Node } from '../../nodes.js';
import { anyOf, type JsonSchema } from '../json-schema.js';
import { shape, record, type Shape, type Spot } from '../shape.js';

/** The hashes of a matrix, each a list of values for each key, in the order they were written. */
export type Matrix = readonly ReadonlyMap<string, readonly string[]>[];

export type Parallel = { kind: 'number'; total: number } | { kind: 'matrix'; matrix: Matrix; at: Node };

const ITEM_WORDS = 'a hash of key value pairs, value can be an array';

const cellValue: JsonSchema = { type: ['string', 'integer'] };
const matrixSchema: JsonSchema = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    minProperties: 1,
    additionalProperties: anyOf([
      { type: 'string', pattern: '.' },
      { type: 'integer' },
      { type: 'array', items: cellValue, minItems: 1 },
    ]),
  },
};

const matrixShape: Shape<Matrix> = shape(
  'an array of hashes',
  (node, spot) => {
    if (node.kind !== 'list') return spot.wrong('an array of hashes', node);
    if (node.items.length === 0) return spot.fault('blank', "config can't be blank", node);
    const hashes: ReadonlyMap<string, readonly string[]>[] = [];
    for (const item of node.items) {
      const hash =
        item.kind === 'map'
          ? readHash(item, spot)
          : spot.fault('type', `should be an array of hashes; one entry is ${found(item)}`, item);
      if (hash !== undefined) hashes.push(hash);
    }
    if (hashes.length !== node.items.length) return undefined;
    const total = countProducts(hashes);
    if (total > limits.parallelJobs) {
      return spot.fault('length', `generates too many jobs (maximum is ${limits.parallelJobs}), here ${total}`, node);
    }
    return hashes;
  },
  matrixSchema,
);

/** How many jobs a matrix makes; stops counting once it is far too many. */
export function countProducts(matrix: Matrix): number {
  let total = 0;
  for (const hash of matrix) {
    let product = 1;
    for (const values of hash.values()) product = Math.min(product * values.length, Number.MAX_SAFE_INTEGER);
    total += product;
  }
  return total;
}

function readHash(node: MapNode, spot: Spot): ReadonlyMap<string, readonly string[]> | undefined {
  if (node.entries.size === 0) return spot.fault('type', `requires at least one variable in each hash`, node);
  const hash = new Map<string, readonly string[]>();
  for (const [name, entry] of node.entries) {
    const values = readValues(name, entry.value, spot);
    if (values === undefined || (entry.key.type !== 'string' && entry.key.type !== 'integer'))
      return values && spot.fault('type', `should be ${ITEM_WORDS}`, entry.key);
    hash.set(name, values);
  }
  return hash;
}

function readValues(name: string, node: Node, spot: Spot): string[] | undefined {
  const isList = node.kind === 'list';
  const items = isList ? node.items : [node];
  const bad = items.find((item) => item.kind !== 'scalar' || !(item.type === 'string' || item.type === 'integer'));
  const isBlank = items.length === 0 || (!isList && node.kind === 'scalar' && node.text === '');
  if (bad || isBlank) {
    const what = bad ? `${found(bad)}; put it in quotes if it is meant as text` : 'an empty value';
    return spot.fault('type', `should be ${ITEM_WORDS}: ${plain(name)} is ${what}`, bad ?? node);
  }
  return items.map((item) => (item.kind === 'scalar' ? item.text : ''));
}

const matrixHash = record({ matrix: matrixShape }, { required: ['matrix'] });

/** `parallel`: a number of like jobs, or a matrix of variables. */
export const parallel: Shape<Parallel> = shape(
  `an integer from 1 to ${limits.parallelJobs}, or a hash with matrix`,
  (node, spot) => {
    if (node.kind === 'map') {
      const read = matrixHash.read(node, spot);
      return read?.matrix === undefined ? undefined : { kind: 'matrix', matrix: read.matrix, at: node };
    }
    if (node.kind !== 'scalar' || node.type !== 'integer') {
      return spot.wrong(`an integer from 1 to ${limits.parallelJobs}, or a hash with matrix`, node);
    }
    const total = node.value as number;
    if (total >= 1 && total <= limits.parallelJobs) return { kind: 'number', total };
    const bound =
      Number(node.value) < 1 ? 'greater than or equal to 1' : `less than or equal to ${limits.parallelJobs}`;
    return spot.fault('range', `must be ${bound}, not ${plain(node.text)}`, node);
  },
  anyOf([{ type: 'integer', minimum: 1, maximum: limits.parallelJobs }, matrixHash.schema]),
);

/** `needs:parallel`: a matrix only, in the order of the needed job's keys. */
export const needMatrix: Shape<Matrix> = shape(
  'a hash with matrix',
  (node, spot) => {
    if (node.kind === 'scalar' && node.type === 'integer') {
      return spot.fault('type', 'cannot use `parallel: <number>`; name the matrix', node);
    }
    return matrixHash.read(node, spot)?.matrix;
  },
  matrixHash.schema,
);
