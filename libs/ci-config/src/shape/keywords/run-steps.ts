import type { PlainValue } from '../../contract.js';
import { given, type MapNode } from '../../nodes.js';
import { anything, toPlain } from '../plain-value.js';
import { byKind, hashOf, list, mapped, record, shape, text, type Shape, type Spot } from '../shape.js';

const stepName = text({
  pattern: '^[A-Za-z_]\\w*$',
  check: (value) =>
    /^[A-Za-z_]\w*$/.test(value) ? undefined : 'must start with a letter or `_` and hold letters, digits and `_`',
});

const part = text({ blank: false });
const git = record({ url: part, rev: part, dir: text(), file: text() }, { required: ['url', 'rev'] });
const oci = record(
  { registry: part, repository: part, tag: part, dir: text(), file: text() },
  { required: ['registry', 'repository', 'tag'] },
);

const placeFields = record({ git, oci });

const placeHash = shape<PlainValue>(
  'a hash',
  (node, spot) => {
    if (placeFields.read(node, spot) === undefined) return undefined;
    const used = ['git', 'oci'].filter((key) => given(node, key) !== undefined);
    return used.length === 1 ? toPlain(node) : spot.fault('required', 'config must have one of: git, oci', node);
  },
  { ...placeFields.schema, anyOf: [{ required: ['git'] }, { required: ['oci'] }] },
);

/** Where the code of a step lies: a path or an address, or a hash that names a repository or an image. */
const place = byKind<PlainValue>('a string or a hash', { text: part, map: placeHash });

const KINDS = ['script', 'step', 'func'] as const;

const stepFields = record(
  { name: stepName, script: part, step: place, func: place, inputs: hashOf(anything()), env: hashOf(text()) },
  { required: ['name'], exclusive: [KINDS, ['script', 'inputs']] },
);

const step = shape<PlainValue>(
  'a hash',
  (node, spot) => (stepFields.read(node, spot) === undefined ? undefined : checkKind(node as MapNode, spot)),
  { ...stepFields.schema, anyOf: KINDS.map((kind) => ({ required: [kind] })) },
);

function checkKind(node: MapNode, spot: Spot): PlainValue | undefined {
  if (KINDS.some((kind) => given(node, kind) !== undefined)) return toPlain(node);
  return spot.fault('required', `config must have one of: ${KINDS.join(', ')}`, node);
}

/** `run`: steps that the runner gets unchanged. */
export const runSteps: Shape<PlainValue[]> = mapped(list(step, { empty: "can't be blank" }), (steps) => steps);
