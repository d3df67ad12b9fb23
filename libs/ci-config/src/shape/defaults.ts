import { charCount } from '../characters.js';
import { plain, quote, type Report } from '../findings.js';
import { limits } from '../limits.js';
import { isNull, type MapNode, type Node } from '../nodes.js';
import { defaultKeyNames, jobKeywords, type DefaultKey, type JobKey, type JobValues } from './keywords/job-keywords.js';
import { checkKeys, Spot } from './shape.js';

/** Keys that older files write at the top level instead of in `default`. */
export const topLevelDefaults = ['image', 'services', 'before_script', 'after_script', 'cache'] as const;

export interface Defaults {
  readonly values: JobValues;
  /** Where each was written. */
  readonly nodes: ReadonlyMap<DefaultKey, Node>;
}

/** Reads `default` and the top-level forms of it. */
export function readDefaults(root: MapNode, spot: Spot): Defaults {
  const values: JobValues = {};
  const nodes = new Map<DefaultKey, Node>();
  const block = root.entries.get('default')?.value;
  if (block?.kind === 'map') {
    const inner = spot.in('default');
    checkKeys(block, new Set(defaultKeyNames), inner);
    for (const key of defaultKeyNames) take(key, block, inner, values, nodes);
  } else if (block && !isNull(block)) {
    spot.in('default').wrong('a hash', block);
  }
  for (const key of topLevelDefaults) {
    if (nodes.has(key) && !isNull(root.entries.get(key)?.value)) {
      spot.fault(
        'defined_twice',
        `${key} is defined in top-level and \`default:\` entry`,
        root.entries.get(key)?.key ?? root,
      );
    } else take(key, root, spot, values, nodes);
  }
  return { values, nodes };
}

function take(key: DefaultKey, map: MapNode, spot: Spot, values: JobValues, nodes: Map<DefaultKey, Node>): void {
  const node = map.entries.get(key)?.value;
  if (node === undefined || isNull(node)) return;
  nodes.set(key, node);
  readKey(key, node, spot, values);
}

/** Reads one keyword into `values`; refused keywords are reported with what to write instead. */
export function readKey(key: JobKey, node: Node, spot: Spot, values: JobValues): void {
  const keyword = jobKeywords[key];
  if ('refused' in keyword && keyword.refused !== undefined) {
    spot.in(key).fault('refused', `is not available in Crosstie: ${keyword.refused}`, node);
    return;
  }
  const value = readOnce(key, node, spot);
  if (value !== undefined) (values as Record<string, unknown>)[key] = value;
}

type Known = Map<JobKey, { node: Node; value: unknown }>;
const lastSound = new WeakMap<Report, Known>();

/**
 * A list or hash that one job after the other got from the same parent is read once, unless there is
 * something to say about it. Only the last one of each keyword is remembered: that is nearly as good as
 * all of them, and costs nothing.
 */
function readOnce(key: JobKey, node: Node, spot: Spot): unknown {
  const { shape } = jobKeywords[key];
  if (node.kind === 'scalar' || node.kind === 'reference') return shape.read(node, spot.in(key));
  const known = knownOf(spot.report);
  const last = known.get(key);
  if (last?.node === node) return last.value;
  const before = spot.report.count;
  const value = shape.read(node, spot.in(key));
  if (value !== undefined && spot.report.count === before) known.set(key, { node, value });
  return value;
}

function knownOf(report: Report): Known {
  const known = lastSound.get(report) ?? new Map();
  lastSound.set(report, known);
  return known;
}

/** The reason why a name cannot be a job's, or undefined. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'has an empty name';
  if (name === 'nil') return 'has a reserved name: `nil` cannot be the name of a job';
  if (charCount(name) > limits.nameChars)
    return `has a name that is too long (maximum is ${limits.nameChars} characters): ${quote(plain(name))}`;
  return undefined;
}
