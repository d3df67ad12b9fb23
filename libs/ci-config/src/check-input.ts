import type { CompileInput } from './contract.js';

/** The input is no compile request at all; says which part of it is wrong. */
export class UnusableInput extends Error {
  override readonly name = 'UnusableInput';
}

type Check = (value: unknown) => boolean;

const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isScalar: Check = (value) => ['string', 'number', 'boolean'].includes(typeof value);
const isScalarMap: Check = (value) => isObject(value) && Object.values(value as object).every(isScalar);
const isTextMap: Check = (value) => isObject(value) && Object.values(value as object).every(isText);

const isChanges: Check = (value) => value === null || value === false || isTexts(value);
const isTree: Check = (value) => value === false || isTexts(value);
const isFacts: Check = (value) => {
  const { sha, version } = (isObject(value) ? value : {}) as Record<string, unknown>;
  return isText(sha) && (version === null || isText(version));
};
const isMapOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value as object).every(check);

const INPUT: readonly [string, Check, string][] = [
  ['id', isText, 'a text'],
  ['files', isTextMap, 'an object of texts'],
  ['other', isTextMap, 'an object of texts'],
  ['components', isMapOf(isFacts), 'an object of {sha, version}'],
  ['unavailable', isTextMap, 'an object of texts'],
  ['config_path', isText, 'a text'],
  ['context', isObject, 'an object'],
  ['explain', isFlag, 'true or false'],
];

const CONTEXT: readonly [string, Check, string][] = [
  ['source', isText, 'a text'],
  ['ref', isText, 'a text'],
  ['ref_type', (value) => value === 'branch' || value === 'tag', '`branch` or `tag`'],
  ['sha', isText, 'a text'],
  ['before_sha', isText, 'a text'],
  ['default_branch', isText, 'a text'],
  ['protected', isFlag, 'true or false'],
  ['commit_message', isText, 'a text'],
  ['changed_paths', isTexts, 'a list of texts or null'],
  ['paths', isTexts, 'a list of texts'],
  ['comparisons', isMapOf(isChanges), 'an object of lists of texts, null or false'],
  ['trees', isMapOf(isTree), 'an object of lists of texts or false'],
  ['variables', isScalarMap, 'an object of texts'],
  ['predefined', isTextMap, 'an object of texts'],
  ['inputs', isObject, 'an object'],
  ['project_path', isText, 'a text'],
  ['merge_request', isObject, 'an object'],
];

const MERGE_REQUEST: readonly [string, Check, string][] = [
  ['iid', isScalar, 'a number'],
  ['source_branch', isText, 'a text'],
  ['target_branch', isText, 'a text'],
  ['labels', isTexts, 'a list of texts'],
  ['draft', isFlag, 'true or false'],
  ['from_fork', isFlag, 'true or false'],
  ['target_branch_protected', isFlag, 'true or false'],
  ['title', isText, 'a text'],
];

/** The input, once its form is right; null stands for absent. Throws `UnusableInput`. */
export function checkInput(input: unknown): CompileInput {
  if (!isObject(input)) throw new UnusableInput('The input must be a JSON object.');
  const checked = checkKeys(input as Record<string, unknown>, INPUT, '');
  if (checked['context'] !== undefined) {
    const context = checkKeys(checked['context'] as Record<string, unknown>, CONTEXT, 'context.');
    if (context['merge_request'] !== undefined) {
      const request = context['merge_request'] as Record<string, unknown>;
      context['merge_request'] = checkKeys(request, MERGE_REQUEST, 'context.merge_request.');
    }
    if (context['variables'] !== undefined) context['variables'] = asTexts(context['variables'] as object);
    checked['context'] = context;
  }
  return checked;
}

/** Numbers and booleans are taken for the texts that they would be in YAML. */
function asTexts(values: object): Record<string, string> {
  const texts = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(values)) texts[name] = String(value);
  return texts;
}

function checkKeys(
  value: Record<string, unknown>,
  checks: readonly [string, Check, string][],
  prefix: string,
): Record<string, unknown> {
  const checked: Record<string, unknown> = {};
  for (const [key, check, words] of checks) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    if (given === undefined || given === null) {
      // A list that is known to be unknown is something else than one that was not asked for.
      if (given === null && key === 'changed_paths') checked[key] = null;
      continue;
    }
    if (!check(given)) throw new UnusableInput(`\`${prefix}${key}\` must be ${words}.`);
    checked[key] = given;
  }
  return checked;
}
