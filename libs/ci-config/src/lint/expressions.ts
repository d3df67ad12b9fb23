import type { CompileContext } from '../contract.js';
import { variablesIn, type Expression } from '../decide/expression.js';
import { plain, quote, type Report } from '../findings.js';
import { nearest } from '../nearest.js';
import { isNull, type Node } from '../nodes.js';
import { predefinedNames } from '../predefined-names.js';
import type { RuleIf } from '../shape/keywords/rules.js';
import type { Configuration } from '../shape/root.js';
import type { Variables } from '../shape/variables.js';
import { deadPart } from './dead-pattern.js';

/** One `if` of the configuration, with what is set where it is read. */
interface Place {
  readonly rule: RuleIf;
  readonly at: Node;
  readonly path: string;
  readonly variables: readonly (Variables | undefined)[];
}

/** Warns of expressions that are valid and surely do not say what was meant. */
export function warnExpressions(configuration: Configuration, context: CompileContext, report: Report): void {
  const set = namesSet(configuration, context);
  for (const place of placesOf(configuration)) {
    const { expression, source } = place.rule;
    const warn = (code: string, what: string) => report.warn(code, `${place.path} ${what}.`, place.path, place.at);
    for (const name of new Set(variablesIn(expression))) warnUnset(name, set, warn);
    visit(expression, (part) => warnPart(part, source, place, warn));
  }
}

type Warn = (code: string, what: string) => void;

function* placesOf(configuration: Configuration): Generator<Place> {
  const { workflow, variables, jobs } = configuration;
  for (const rule of workflow.rules ?? []) {
    const at = rule.at.entries.get('if')?.value;
    if (rule.if && at) yield { rule: rule.if, at, path: 'workflow:rules', variables: [variables] };
  }
  for (const job of jobs) {
    const path = `jobs:${plain(job.name)}`;
    const own = [job.values.variables, variables];
    for (const rule of job.values.rules ?? []) {
      const at = rule.at.entries.get('if')?.value;
      if (rule.if && at) yield { rule: rule.if, at, path: `${path}:rules`, variables: own };
    }
    for (const keyword of ['only', 'except'] as const) {
      for (const rule of job.values[keyword]?.variables ?? []) {
        const at = job.places.get(keyword) ?? job.key;
        yield { rule, at, path: `${path}:${keyword}:variables`, variables: own };
      }
    }
  }
}

/** Every name that anything in the file or the context sets. */
function namesSet({ workflow, variables, jobs }: Configuration, context: CompileContext): ReadonlySet<string> {
  const set = new Set([...predefinedNames, ...Object.keys(context.variables ?? {}), ...variables.keys()]);
  const add = (more: Variables | undefined) => more && [...more.keys()].forEach((name) => set.add(name));
  for (const rule of workflow.rules ?? []) add(rule.variables);
  for (const { values } of jobs) {
    add(values.variables);
    for (const rule of values.rules ?? []) add(rule.variables);
    if (values.parallel?.kind !== 'matrix') continue;
    for (const hash of values.parallel.matrix) for (const name of hash.keys()) set.add(name);
  }
  return set;
}

function warnUnset(name: string, set: ReadonlySet<string>, warn: Warn): void {
  if (set.has(name) || /^(?:CI|GITLAB|CROSSTIE|CHAT|TRIGGER)_/.test(name)) return;
  const meant = nearest(name, [...set]);
  const hint =
    meant === undefined ? 'fine if the project or whoever starts the pipeline does' : `did you mean $${meant}?`;
  warn('variable_unset', `looks at $${plain(name)}, which nothing in the configuration sets (${hint})`);
}

function visit(expression: Expression, see: (part: Expression) => void): void {
  see(expression);
  if (expression.kind === 'not') visit(expression.operand, see);
  if (expression.kind !== 'binary') return;
  visit(expression.left, see);
  visit(expression.right, see);
}

function warnPart(part: Expression, source: string, place: Place, warn: Warn): void {
  if (part.kind === 'pattern') warnPattern(part.pattern.source, source.slice(part.from, part.to), warn);
  if (part.kind !== 'binary') return;
  const { operator, left, right } = part;
  if (operator === '&&' || operator === '||') warnEmptyOperand(left, right, operator, warn);
  else {
    if (left.kind === 'not' && source[left.from] === '!') {
      const whole = quote(source.slice(part.from, part.to).trim());
      warn(
        'not_binds_first',
        `has ${whole}, where \`!\` negates the left side alone; write \`!(…)\` around the comparison`,
      );
    }
    for (const side of [left, right]) warnQuoted(side, warn);
    warnComparison(part, place, warn);
  }
  if ((operator === '=~' || operator === '!~') && isText(right) && !/^\/.*\/[ismU]*$/s.test(right.value)) {
    warn(
      'plain_pattern',
      `compares by \`${operator}\` with the plain text ${quote(right.value)}, which asks whether the left side is a part of it; write a pattern as \`/…/\``,
    );
  }
}

function isText(part: Expression): part is Extract<Expression, { kind: 'value' }> & { value: string } {
  return part.kind === 'value' && typeof part.value === 'string';
}

function warnQuoted(side: Expression, warn: Warn): void {
  if (!isText(side) || !/^\$\{?\w+\}?$/.test(side.value)) return;
  warn(
    'variable_in_quotes',
    `compares with the text ${quote(side.value)}: variables are not put into quotes here; leave the quotes out`,
  );
}

function warnEmptyOperand(left: Expression, right: Expression, operator: string, warn: Warn): void {
  if (![left, right].some((side) => isText(side) && side.value === '')) return;
  warn('empty_operand', `has an empty text beside \`${operator}\`, where it counts as true`);
}

const SOURCES = 'push web schedule api trigger pipeline parent_pipeline merge_request_event'.split(' ');
const YAML_TRUTHS = new Set(['yes', 'on', 'no', 'off', 'Yes', 'On', 'No', 'Off', 'True', 'False', 'TRUE', 'FALSE']);

/** Comparisons whose outcome is known: a source that no pipeline has, a word that YAML reads as a boolean. */
function warnComparison(part: Extract<Expression, { kind: 'binary' }>, place: Place, warn: Warn): void {
  const variable = [part.left, part.right].find((side) => side.kind === 'variable');
  const text = [part.left, part.right].find(isText);
  if (variable === undefined || text === undefined || part.operator === '=~' || part.operator === '!~') return;
  if (variable.name === 'CI_PIPELINE_SOURCE' && !SOURCES.includes(text.value)) {
    const isExternal = text.value.startsWith('external_pull_request');
    const meant = isExternal ? 'merge_request_event' : nearest(text.value, SOURCES);
    const hint = meant === undefined ? `sources are ${SOURCES.join(', ')}` : `write \`${meant}\``;
    warn('never_true', `compares CI_PIPELINE_SOURCE with ${quote(text.value)}, which no pipeline has; ${hint}`);
  }
  const at = place.variables.map((set) => set?.get(variable.name)?.at).find((node) => node !== undefined);
  const isBoolean = at?.kind === 'scalar' && at.type === 'boolean' && !isNull(at);
  if (isBoolean && YAML_TRUTHS.has(text.value)) {
    warn(
      'yaml_boolean',
      `compares $${plain(variable.name)} with ${quote(text.value)}, but YAML reads its value as ${quote(at.text)}; put the value in quotes`,
    );
  }
}

function warnPattern(body: string, written: string, warn: Warn): void {
  const name = /\$\{?([A-Za-z_]\w*)/.exec(body)?.[1];
  if (name !== undefined) {
    warn(
      'variable_in_pattern',
      `has $${plain(name)} in a pattern, where variables are not put in; hold the whole pattern in a variable instead`,
    );
    return;
  }
  const flags = /\/([ismU]*)\s*$/.exec(written)?.[1] ?? '';
  const dead = flags.includes('m') ? undefined : deadPart(body);
  if (dead !== undefined)
    warn('pattern_never_matches', `has the pattern ${quote(`/${body}/`)}, which can never match: ${dead}`);
}
