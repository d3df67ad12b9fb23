import { jobKeyNames, jobKeywords, type JobKey, type Keyword } from './keywords/job-keywords.js';
import type { JsonSchema } from './json-schema.js';

/**
 * The reference page of the job keywords as Markdown, from the same descriptions that validate them.
 * `docs/ci-keywords.md` is this text.
 */
export function keywordPage(): string {
  const rows = jobKeyNames.map((name) => row(name));
  return [
    '# Keywords of a job',
    '',
    'What a job in the CI file may say, and what each keyword takes. The page is made from the descriptions in `libs/ci-config/src/shape/keywords` by `crosstie schema --markdown`; `crosstie schema` prints the same as JSON Schema for editors.',
    '',
    '| keyword | what it does | takes | in `default` | in a trigger job |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '## Keys inside',
    '',
    ...jobKeyNames.flatMap(inside),
  ].join('\n');
}

function row(name: JobKey): string {
  const keyword: Keyword<unknown> = jobKeywords[name];
  const does = keyword.refused === undefined ? keyword.doc : `${keyword.doc} **Not available**: ${keyword.refused}.`;
  const takes = keyword.refused === undefined ? wordsOf(name, keyword) : '–';
  return `| \`${name}\` | ${cell(does)} | ${cell(takes)} | ${mark(keyword.inDefault)} | ${mark(keyword.inTrigger)} |`;
}

function wordsOf(name: JobKey, keyword: Keyword<unknown>): string {
  return name === 'extends' ? 'a string or an array of strings' : keyword.shape.words.replace('can only be ', '');
}

function mark(yes: true | undefined): string {
  return yes ? 'yes' : '';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** The keys of a keyword's hash forms, each with the values that it may have. */
function inside(name: JobKey): string[] {
  const keyword: Keyword<unknown> = jobKeywords[name];
  const keys = new Map<string, string>();
  if (keyword.refused === undefined) collect(keyword.shape.schema, keys);
  if (keys.size === 0) return [];
  const lines = [...keys].map(([key, takes]) => `- \`${key}\`: ${takes}`);
  return [`### \`${name}\``, '', ...lines, ''];
}

function collect(schema: JsonSchema, keys: Map<string, string>): void {
  for (const [key, value] of Object.entries(schema.properties ?? {})) if (!keys.has(key)) keys.set(key, takes(value));
  for (const one of schema.anyOf ?? []) collect(one, keys);
  if (schema.items) collect(schema.items, keys);
  if (typeof schema.additionalProperties === 'object') collect(schema.additionalProperties, keys);
}

const NAMES: Record<string, string> = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'true or false',
  object: 'hash',
};

/** A schema in a few words. */
function takes(schema: JsonSchema): string {
  if (schema.enum) return listed(schema.enum.filter((value) => value !== null).map((value) => `\`${value}\``));
  if (schema.anyOf && schema.type === undefined) {
    const words = schema.anyOf.map(takes).filter((word) => word !== '');
    return [...new Set(words)].join(', or ') || 'anything';
  }
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null');
  const words = types.map((type) => (type === 'array' ? listOf(schema.items ?? {}) : (NAMES[type] ?? type)));
  if (types.length === 0 && schema.type !== undefined) return '';
  return (words.join(', or ') || 'anything') + bounds(schema);
}

function listOf(items: JsonSchema): string {
  const isNested = items.anyOf?.some((one) => one.type === 'array') ?? false;
  return isNested ? `nested list of ${takes(items.anyOf?.[0] ?? {})}` : `list of ${takes(items)}`;
}

function bounds({ minimum, maximum, maxItems, maxLength }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (maxItems !== undefined) return `, at most ${maxItems}`;
  return maxLength === undefined ? '' : `, at most ${maxLength} characters`;
}

function listed(values: readonly string[]): string {
  return values.join(', ');
}
