import type { PlainObject, PlainValue } from '../../contract.js';
import { found } from '../../findings.js';
import { limits } from '../../limits.js';
import { given, isString, type MapNode, type Node } from '../../nodes.js';
import { anything } from '../plain-value.js';
import { anyOf } from '../json-schema.js';
import { byKind, flag, hashOf, mapped, oneOf, record, shape, text, texts, type Shape, type Spot } from '../shape.js';

const beside = {
  strategy: oneOf('depend', 'mirror'),
  forward: record({ yaml_variables: flag(), pipeline_variables: flag() }),
};

const projectFields = record(
  { project: text({ blank: false }), branch: text(), inputs: hashOf(anything()), ...beside },
  { required: ['project'] },
);

const NO_FILE = 'must specify the file where to fetch the config from';
const KINDS = ['local', 'template', 'remote', 'project', 'component', 'artifact'];
const includeItem = record({
  local: text({ blank: false }),
  template: text({ blank: false }),
  remote: text({ blank: false }),
  project: text({ blank: false }),
  file: byKind<PlainValue>('a string or an array of strings', {
    text: text({ blank: false }),
    list: texts({ empty: NO_FILE }),
  }),
  ref: text(),
  component: text({ blank: false }),
  artifact: text({ blank: false }),
  job: text({ blank: false }),
  inputs: hashOf(anything()),
  integrity: text(),
});

function readInclude(node: Node, spot: Spot): PlainValue | undefined {
  if (isString(node)) return node.value;
  if (node.kind !== 'map')
    return spot.fault('type', `each include must be a hash or a string, not ${found(node)}`, node);
  const value = includeItem.read(node, spot);
  if (value === undefined) return undefined;
  const used = KINDS.filter((kind) => given(node, kind) !== undefined);
  if (used.length !== 1) return spot.fault('exclusive', `each include must use only one of: ${KINDS.join(', ')}`, node);
  if (used[0] === 'artifact' && value.job === undefined) {
    return spot.fault('required', 'must specify the job where to fetch the artifact from', node);
  }
  if (used[0] === 'project' && value.file === undefined) {
    return spot.fault('required', NO_FILE, node);
  }
  return value;
}

const includeSchema = anyOf([
  { type: 'string' },
  {
    type: 'array',
    items: anyOf([{ type: 'string' }, includeItem.schema]),
    minItems: 1,
    maxItems: limits.triggerIncludes,
  },
]);

const include: Shape<PlainValue> = shape(
  'a string or a list',
  (node, spot) => {
    if (isString(node)) return node.value;
    if (node.kind !== 'list') return spot.wrong('a string or an array of hashes', node);
    if (node.items.length === 0) return spot.fault('blank', "can't be blank", node);
    if (node.items.length > limits.triggerIncludes) {
      return spot.fault('length', `is too long (maximum is ${limits.triggerIncludes})`, node);
    }
    const items = node.items.map((item) => readInclude(item, spot));
    return items.every((item) => item !== undefined) ? items : undefined;
  },
  includeSchema,
);

const childFields = record({ include, ...beside }, { required: ['include'] });

function readHash(node: MapNode, spot: Spot): PlainObject | undefined {
  const isChild = given(node, 'include') !== undefined;
  if (!isChild && given(node, 'project') === undefined) {
    return spot.fault('required', 'config must specify either project or include', node);
  }
  return (isChild ? childFields : projectFields).read(node, spot);
}

/** `trigger`: a project, or a child pipeline of included files. */
export const trigger: Shape<PlainObject> = byKind<PlainObject>('a hash or a string', {
  text: mapped(text({ blank: false }), (project) => ({ project })),
  map: shape(
    'a hash',
    (node, spot) => readHash(node as MapNode, spot),
    anyOf([projectFields.schema, childFields.schema]),
  ),
});

/** The job and artifact names of `trigger:include: [{artifact, job}]`, for the check that the job exists. */
export function artifactJobs(node: Node | undefined): { job: string; at: Node }[] {
  const include = given(node, 'include');
  const items = include?.kind === 'list' ? include.items : [];
  return items.flatMap((item) => {
    const job = given(item, 'artifact') ? given(item, 'job') : undefined;
    return isString(job) ? [{ job: job.value, at: job }] : [];
  });
}
