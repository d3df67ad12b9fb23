import { found } from '../../findings.js';
import { child, isNull, isString, type Node } from '../../nodes.js';
import { flatten } from '../flatten.js';
import { anyOf, nested } from '../json-schema.js';
import { flag, record, shape, text, type Shape, type Spot } from '../shape.js';
import { needMatrix, type Matrix } from './parallel.js';

/** What a job waits for or takes artifacts from. */
export type Need =
  | { kind: 'job'; job: string; artifacts: boolean; optional: boolean; matrix?: Matrix; at: Node }
  | { kind: 'pipeline'; pipeline: string; job?: string; artifacts: boolean; at: Node }
  | { kind: 'project'; project: string; job: string; ref: string; artifacts: boolean; at: Node };

const jobName = text({ blank: false });
const jobNeed = record(
  { job: jobName, artifacts: flag(), optional: flag(), parallel: needMatrix },
  { required: ['job'] },
);
const pipelineNeed = record(
  { pipeline: text({ blank: false }), job: jobName, artifacts: flag() },
  { required: ['job'] },
);
const bridgeNeed = record({ pipeline: text({ blank: false }) });
const projectNeed = record(
  { project: text({ blank: false }), job: jobName, ref: text({ blank: false }), artifacts: flag() },
  { required: ['job', 'ref'] },
);

function readNeed(node: Node, spot: Spot, crossAllowed: boolean): Need | undefined {
  if (isString(node)) {
    const job = jobName.read(node, spot);
    return job === undefined ? undefined : { kind: 'job', job, artifacts: true, optional: false, at: node };
  }
  if (node.kind !== 'map') return spot.fault('type', `has an unsupported type: ${found(node)}`, node);
  const has = (key: string) => node.entries.has(key);
  if (crossAllowed && has('project')) return readProject(node, spot);
  if (crossAllowed && has('pipeline')) return has('job') ? readPipeline(node, spot) : readBridge(node, spot);
  if (!has('job')) return spot.fault('type', 'has an unsupported type: it needs `job`', node);
  return readJob(node, spot);
}

function readJob(node: Node, spot: Spot): Need | undefined {
  if (isNull(child(node, 'job'))) return spot.fault('blank', "job can't be blank", node);
  const value = jobNeed.read(node, spot);
  if (value?.job === undefined) return undefined;
  return {
    kind: 'job',
    job: value.job,
    artifacts: value.artifacts ?? true,
    optional: value.optional ?? false,
    matrix: value.parallel,
    at: node,
  };
}

function readPipeline(node: Node, spot: Spot): Need | undefined {
  const value = pipelineNeed.read(node, spot);
  if (value?.pipeline === undefined) return undefined;
  return { kind: 'pipeline', pipeline: value.pipeline, job: value.job, artifacts: value.artifacts ?? true, at: node };
}

function readBridge(node: Node, spot: Spot): Need | undefined {
  const value = bridgeNeed.read(node, spot);
  return value?.pipeline === undefined
    ? undefined
    : { kind: 'pipeline', pipeline: value.pipeline, artifacts: false, at: node };
}

function readProject(node: Node, spot: Spot): Need | undefined {
  const value = projectNeed.read(node, spot);
  if (value?.project === undefined || value.job === undefined || value.ref === undefined) return undefined;
  const { project, job, ref } = value;
  return { kind: 'project', project, job, ref, artifacts: value.artifacts ?? true, at: node };
}

function needs(words: string, crossAllowed: boolean): Shape<Need[]> {
  const kinds = crossAllowed ? [jobNeed, pipelineNeed, bridgeNeed, projectNeed] : [jobNeed];
  const schema = anyOf([jobName.schema, ...kinds.map((kind) => kind.schema)]);
  const item = shape<Need>('a need', (node, spot) => readNeed(node, spot, crossAllowed));
  return shape(
    words,
    (node, spot) => {
      if (node.kind === 'map') {
        const one = item.read(node, spot.in('need'));
        return one === undefined ? undefined : [one];
      }
      if (node.kind !== 'list') return spot.fault('type', `config ${words}, not ${found(node)}`, node);
      const items = flatten(node);
      if (items === null) return spot.fault('too_deep', 'is nested too deeply', node);
      const read = items.filter((one) => !isNull(one)).map((one) => item.read(one, spot.in('need')));
      return read.every((one) => one !== undefined) ? read : undefined;
    },
    anyOf([nested(schema), ...kinds.map((kind) => kind.schema)]),
  );
}

export const jobNeeds = needs('can only be a hash or an array', true);
export const ruleNeeds = needs('can only be a hash or an array', false);
