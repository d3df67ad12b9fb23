import { found, join, plain, quote, type Report } from '../findings.js';
import { didYouMean } from '../nearest.js';
import { given, isNull, isString, type MapNode, type Node } from '../nodes.js';
import { flatten } from '../shape/flatten.js';
import { includeRules, type Rule } from '../shape/keywords/rules.js';
import { Spot } from '../shape/shape.js';

/** `text` is a bare string: whether it is a remote or a local file shows once its variables are in. */
export type IncludeKind = 'text' | 'local' | 'project' | 'remote' | 'template' | 'component';

/** One entry of an `include`, its form checked, its variables still in it. */
export interface IncludeItem {
  readonly kind: IncludeKind;
  /** The path, address or project as written. */
  readonly location: string;
  /** For `project`: which files of it. */
  readonly files: readonly string[];
  readonly ref: string | undefined;
  readonly integrity: string | undefined;
  readonly inputs: MapNode | undefined;
  readonly rules: readonly Rule[] | undefined;
  readonly at: Node;
}

const KINDS = ['local', 'project', 'remote', 'template', 'component'] as const;
const KNOWN = [...KINDS, 'artifact', 'file', 'inputs', 'job', 'ref', 'rules', 'integrity'];

/** Reads an `include` of any form into its entries; what is faulty is reported and left out. */
export function readIncludes(node: Node | undefined, report: Report): IncludeItem[] {
  if (node === undefined || isNull(node)) return [];
  const items = node.kind === 'list' ? (flatten(node) ?? []) : [node];
  const given = items.filter((item) => !isNull(item));
  return given.map((item) => readItem(item, report)).filter((item) => item !== undefined);
}

function readItem(node: Node, report: Report): IncludeItem | undefined {
  if (isString(node)) {
    return {
      kind: 'text',
      location: node.value,
      files: [],
      ref: undefined,
      integrity: undefined,
      inputs: undefined,
      rules: undefined,
      at: node,
    };
  }
  if (node.kind === 'map') return readHash(node, report);
  const hint = node.kind === 'reference' ? ' (a !reference is followed only after includes)' : '';
  return fault(report, 'type', `each include must be a hash or a string, not ${found(node)}${hint}`, node);
}

function fault(report: Report, code: string, what: string, at: Node): undefined {
  report.error(code, `include: ${what}.`, 'include', at);
}

function readHash(node: MapNode, report: Report): IncludeItem | undefined {
  warnUnknown(node, report);
  const used = [...KINDS, 'artifact'].filter((kind) => given(node, kind) !== undefined);
  const shown = [...node.entries.keys()].map(plain).join(', ');
  if (used.length === 0) {
    return fault(
      report,
      'include_kind',
      `\`${shown}\` does not have a valid subkey for include. Valid subkeys are: ${KINDS.join(', ')}`,
      node,
    );
  }
  if (used.length > 1) {
    return fault(
      report,
      'include_kind',
      `each include must use only one of: ${[...KINDS, 'artifact'].join(', ')}; found ${used.join(', ')}`,
      node,
    );
  }
  const kind = KINDS.find((one) => one === used[0]);
  if (kind === undefined) {
    return fault(
      report,
      'include_artifact',
      'artifact is only allowed when triggering child pipelines (`trigger:include`)',
      node,
    );
  }
  return readKind(kind, node, report);
}

function warnUnknown(node: MapNode, report: Report): void {
  for (const [key, entry] of node.entries) {
    if (KNOWN.includes(key)) continue;
    const sentence = `include contains the unknown key ${plain(key)}${didYouMean(key, KNOWN)}.`;
    report.warn('unknown_key', sentence, 'include', entry.key);
  }
}

function readKind(kind: IncludeKind, node: MapNode, report: Report): IncludeItem | undefined {
  const location = given(node, kind);
  if (!isString(location))
    return fault(
      report,
      'type',
      `${kind} should be a string, not ${location ? found(location) : 'null'}`,
      location ?? node,
    );
  const files = kind === 'project' ? readFiles(node, report) : [];
  const inputs = given(node, 'inputs');
  if (inputs && inputs.kind !== 'map')
    return fault(report, 'type', `inputs should be a hash, not ${found(inputs)}`, inputs);
  const rules = readRules(node, report);
  const texts = readTexts(node, kind, report);
  if (files === undefined || rules === undefined || texts === undefined) return undefined;
  return { kind, location: location.value, files, ...texts, inputs, rules: rules ?? undefined, at: location };
}

function readTexts(
  node: MapNode,
  kind: IncludeKind,
  report: Report,
): { ref: string | undefined; integrity: string | undefined } | undefined {
  const ref = given(node, 'ref');
  const integrity = given(node, 'integrity');
  if (ref && !isString(ref))
    return fault(report, 'type', `ref should be a string, not ${found(ref)}; put it in quotes`, ref);
  if (integrity && (!isString(integrity) || kind !== 'remote')) {
    return fault(report, 'include_integrity', 'integrity should be a string and works with `remote` only', integrity);
  }
  return { ref: isString(ref) ? ref.value : undefined, integrity: isString(integrity) ? integrity.value : undefined };
}

function readFiles(node: MapNode, report: Report): readonly string[] | undefined {
  const file = given(node, 'file');
  const items = file?.kind === 'list' ? file.items : [file];
  if (!items.every(isString) || items.length === 0) {
    const project = given(node, 'project');
    const name = isString(project) ? quote(project.value) : 'of another repository';
    return fault(
      report,
      'include_file',
      `project ${name} needs \`file\`: a string or an array of strings`,
      file ?? node,
    );
  }
  return items.map((item) => (isString(item) ? item.value : ''));
}

/** Null: there are none. Undefined: they are faulty. */
function readRules(node: MapNode, report: Report): readonly Rule[] | null | undefined {
  const rules = given(node, 'rules');
  if (rules === undefined) return null;
  return includeRules.read(rules, new Spot(join('include', 'rules'), report));
}
