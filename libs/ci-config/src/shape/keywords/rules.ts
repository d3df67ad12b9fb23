import { parseExpression, type Expression } from '../../decide/expression.js';
import { isPathRegexp } from '../../decide/path-regexp.js';
import { found, plain, quote } from '../../findings.js';
import { limits } from '../../limits.js';
import { isString, type MapNode, type Node } from '../../nodes.js';
import { flatten } from '../flatten.js';
import { nested } from '../json-schema.js';
import { byKind, flag, mapped, oneOf, record, shape, text, texts, type Shape, type Spot } from '../shape.js';
import { plainVariables, type Variables } from '../variables.js';
import { duration } from './durations.js';
import { ruleNeeds, type Need } from './needs.js';

export interface RuleIf {
  readonly source: string;
  readonly expression: Expression;
}

export interface RulePaths {
  readonly paths: readonly string[];
  readonly compareTo?: string;
  readonly regexp?: string;
  readonly project?: string;
  readonly ref?: string;
}

export type RuleWhen = 'on_success' | 'on_failure' | 'always' | 'never' | 'manual' | 'delayed';

/** One entry of a `rules` list; which fields may be set depends on where the list stands. */
export interface Rule {
  readonly at: MapNode;
  readonly if?: RuleIf;
  readonly changes?: RulePaths;
  readonly exists?: RulePaths;
  readonly when?: RuleWhen;
  readonly start_in?: number;
  readonly allow_failure?: boolean;
  readonly variables?: Variables;
  readonly needs?: readonly Need[];
  readonly interruptible?: boolean;
  readonly auto_cancel?: AutoCancel;
}

export interface AutoCancel {
  on_new_commit?: 'conservative' | 'interruptible' | 'none';
  on_job_failure?: 'none' | 'all';
}

export const autoCancel = record(
  {
    on_new_commit: oneOf('conservative', 'interruptible', 'none'),
    on_job_failure: oneOf('none', 'all'),
  },
  {},
) as Shape<AutoCancel>;

/** The text of an `if`; what is wrong in it is shown with the character where it starts. */
export const ifExpression: Shape<RuleIf> = shape(
  'a string',
  (node, spot) => {
    if (!isString(node))
      return spot.fault('expression', `invalid expression syntax: it should be a string, not ${found(node)}`, node);
    const parsed = parseExpression(node.value);
    if ('expression' in parsed) return { source: node.value, expression: parsed.expression };
    const near = plain(node.value.slice(parsed.at, parsed.at + 40));
    return spot.fault('expression', `${parsed.fault}${placeIn(node.value, parsed.at, near)}${insteadOf(near)}`, node);
  },
  { type: 'string', pattern: '\\S' },
);

function placeIn(source: string, at: number, near: string): string {
  if (near === '') return ` at the end of ${quote(source)}`;
  return at === 0 ? `: ${quote(source)}` : ` at ${quote(near)} in ${quote(source)}`;
}

/** What to write instead of the commonest slips. */
function insteadOf(near: string): string {
  const braces = /^\$\{(\w+)\}/.exec(near)?.[1];
  if (braces !== undefined) return `; write \`$${braces}\` without braces`;
  if (/^\$?\[\[/.test(near)) return '; inputs need a header document with `spec`';
  if (/^=(?![=~])/.test(near)) return '; write `==`';
  if (/^[A-Za-z]/.test(near)) return '; a text needs quotes, and only `&&`, `||` and `!` join conditions';
  return '';
}

interface PathsHash {
  paths?: string[];
  regexp?: string;
  compare_to?: string;
  project?: string;
  ref?: string;
}

const pathList = texts({ max: limits.rulePaths });
const regexp = text({
  blank: false,
  check: (value) =>
    isPathRegexp(value) ? undefined : `must be a regular expression that can be used here, not ${quote(value)}`,
});

const changes: Shape<RulePaths> = byKind<RulePaths>('an array of strings or a hash', {
  list: mapped(pathList, (paths) => ({ paths })),
  map: pathsOrRegexp(record({ paths: pathList, regexp, compare_to: text() })),
});

const exists = existsPaths(pathList);

function existsPaths(paths: Shape<string[]>): Shape<RulePaths> {
  return byKind<RulePaths>('an array of strings or a hash', {
    text: mapped(text(), (path) => ({ paths: [path] })),
    list: mapped(paths, (list) => ({ paths: list })),
    map: pathsOrRegexp(record({ paths: pathList, regexp, project: text(), ref: text() })),
  });
}

/** The hash form: `paths` or `regexp`, exactly one, and what may stand beside them. */
function pathsOrRegexp(hash: Shape<PathsHash>): Shape<RulePaths> {
  return shape(
    'a hash',
    (node, spot) => {
      const read = hash.read(node, spot);
      if (read === undefined) return undefined;
      if (read.paths && read.regexp !== undefined) {
        return spot.fault('exclusive', 'config: these keys cannot be used together: paths, regexp', node);
      }
      if (!read.paths && read.regexp === undefined)
        return spot.fault('required', 'config missing required keys: paths', node);
      if (read.ref !== undefined && read.project === undefined) {
        return spot.fault('required', 'config missing required keys: project (`ref` needs it)', node);
      }
      const { compare_to: compareTo, ...rest } = read;
      return { ...rest, paths: read.paths ?? [], compareTo };
    },
    { ...hash.schema, anyOf: [{ required: ['paths'] }, { required: ['regexp'] }] },
  );
}

const conditions = { if: ifExpression, changes, exists };

const jobRuleFields = {
  ...conditions,
  when: oneOf('on_success', 'on_failure', 'always', 'never', 'manual', 'delayed'),
  start_in: duration(limits.startInSeconds),
  allow_failure: flag(),
  variables: plainVariables,
  needs: ruleNeeds,
  interruptible: flag(),
};

const { interruptible: _ofJobsOnly, ...sharedRuleFields } = jobRuleFields;

const workflowRuleFields = {
  ...sharedRuleFields,
  when: oneOf('always', 'never'),
  auto_cancel: autoCancel,
};
const IGNORED_IN_WORKFLOW = ['start_in', 'allow_failure', 'needs'];

const includeRuleFields = {
  if: ifExpression,
  changes,
  exists: existsPaths(texts()),
  when: oneOf('always', 'never'),
};

/** A `rules` list of any kind, nested lists opened. */
function rules(fields: Record<string, Shape<unknown>>, after?: (rule: Rule, spot: Spot) => boolean): Shape<Rule[]> {
  const words = 'an array of hashes';
  const ruleHash = record(fields);
  return shape(
    words,
    (node, spot) => {
      if (node.kind !== 'list') return spot.wrong(words, node);
      const items = flatten(node);
      if (items === null)
        return spot.fault('too_deep', `should be ${words}, nested at most ${limits.flattenLevels} levels`, node);
      if (items.length === 0) return spot.fault('blank', "config can't be blank", node);
      const read = items.map((item) => readRule(item, ruleHash, spot.in('rule'), after));
      return read.every((rule) => rule !== undefined) ? read : undefined;
    },
    { ...nested({ ...ruleHash.schema, minProperties: 1 }), minItems: 1 },
  );
}

function readRule(
  node: Node,
  hash: Shape<object>,
  spot: Spot,
  after?: (rule: Rule, spot: Spot) => boolean,
): Rule | undefined {
  if (node.kind !== 'map') return spot.wrong('a hash', node);
  if (node.entries.size === 0) return spot.fault('blank', "config can't be blank", node);
  const value = hash.read(node, spot);
  if (value === undefined) return undefined;
  const rule = { ...value, at: node } as Rule;
  return after === undefined || after(rule, spot) ? rule : undefined;
}

function delayedNeedsStart(rule: Rule, spot: Spot): boolean {
  const delayed = rule.when === 'delayed';
  if (delayed ? rule.start_in !== undefined : !rule.at.entries.has('start_in')) return true;
  const what = delayed
    ? 'start_in should be a duration: `when: delayed` needs it'
    : 'start_in must be blank without `when: delayed`';
  spot.fault('start_in', what, rule.at);
  return false;
}

function warnIgnored(rule: Rule, spot: Spot): boolean {
  for (const key of IGNORED_IN_WORKFLOW) {
    if (rule.at.entries.has(key)) spot.warn('no_effect', `${key} has no effect in workflow:rules`, rule.at);
  }
  return true;
}

export const jobRules = rules(jobRuleFields, delayedNeedsStart);
export const workflowRules = rules(workflowRuleFields, warnIgnored);
export const includeRules = rules(includeRuleFields);

/** True when the only key of a rule is a `when` that is not `never`. */
export function isBareWhen(rule: Rule): boolean {
  return rule.at.entries.size === 1 && rule.when !== undefined && rule.when !== 'never';
}
