import { compilePattern } from '../../decide/regex.js';
import { quote } from '../../findings.js';
import { isString, type Node } from '../../nodes.js';
import { byKind, mapped, oneOf, record, shape, texts, type Shape, type Spot } from '../shape.js';
import { ifExpression, type RuleIf } from './rules.js';

/** `only` or `except`: each key that is given has to hold (`only`), or any of them (`except`). */
export interface Policy {
  refs?: readonly string[];
  variables?: readonly RuleIf[];
  changes?: readonly string[];
  kubernetes?: 'active';
}

const refs: Shape<string[]> = shape(
  'an array of strings or regular expressions',
  (node, spot) => {
    const words = 'an array of strings or regular expressions using re2 syntax';
    if (node.kind !== 'list') return spot.wrong(words, node);
    const bad = node.items.find((item) => !isString(item) || !isRef(item.value));
    if (bad) {
      const what = isString(bad) ? quote(bad.value) : 'one entry that is no string';
      return spot.fault('regexp', `should be ${words}; found ${what}`, bad);
    }
    for (const item of node.items) if (isString(item)) warnSource(item.value, item, spot);
    return node.items.map((item) => (isString(item) ? item.value : ''));
  },
  { type: 'array', items: { type: 'string' } },
);

const NEVER_A_SOURCE = new Set(['chat', 'external', 'externals', 'webide', 'webides']);

function warnSource(ref: string, node: Node, spot: Spot): void {
  if (NEVER_A_SOURCE.has(ref)) spot.warn('never_true', `has ${ref}, and no pipeline is started that way here`, node);
  if (ref === 'external_pull_requests')
    spot.warn('alias', 'has external_pull_requests, which is read as merge_requests', node);
}

/** A `/pattern/flags`, perhaps with `@project`, must be RE2; any other text is a name. */
function isRef(written: string): boolean {
  const parts = refPattern(written.split('@', 1)[0] ?? '');
  return parts === null || compilePattern(parts.body, parts.flags) !== null;
}

/** Takes a `/pattern/flags` apart; null for a plain name. */
export function refPattern(written: string): { body: string; flags: string } | null {
  const match = /^\/(.*)\/([ismU]*)$/s.exec(written);
  return match === null ? null : { body: (match[1] ?? '').replaceAll('\\/', '/'), flags: match[2] ?? '' };
}

const variables: Shape<RuleIf[]> = shape(
  'an array of strings',
  (node, spot) => {
    const list = texts().read(node, spot);
    if (list === undefined || node.kind !== 'list') return undefined;
    const read = node.items.map((item) => ifExpression.read(item, spot));
    return read.every((one) => one !== undefined) ? read : undefined;
  },
  { type: 'array', items: ifExpression.schema },
);

const policyHash = record({ refs, variables, changes: texts(), kubernetes: oneOf('active') }, { empty: false });

/** `only` and `except`: a list of refs, or a hash. */
export const policy: Shape<Policy> = byKind<Policy>('a hash or an array', {
  list: mapped(refs, (value) => ({ refs: value })),
  map: mapped(policyHash, (value, node, spot) => {
    if (value.kubernetes)
      spot.warn('no_effect', 'kubernetes: there is no cluster integration, so this is never true', node);
    return value;
  }),
});
