import { topLevelDefaults } from './defaults.js';
import { nestedTexts } from './flatten.js';
import { anyOf, nested, orNull, referenceSchema, type JsonSchema } from './json-schema.js';
import { defaultKeyNames, jobKeyNames, jobKeywords, type JobKey, type Keyword } from './keywords/job-keywords.js';
import { includeRules } from './keywords/rules.js';
import { workflow } from './keywords/workflow.js';
import { rootVariables } from './variables.js';

/** A whole schema document. */
export interface SchemaDocument extends JsonSchema {
  $schema: string;
  title: string;
  definitions: Record<string, JsonSchema>;
}

const texts: JsonSchema = { type: 'array', items: { type: 'string' }, minItems: 1 };
const text: JsonSchema = { type: 'string', pattern: '\\S' };

const extendsSchema = anyOf([{ type: 'string' }, { type: 'array', items: { type: 'string' } }]);

const includeItem: JsonSchema = {
  type: 'object',
  properties: {
    local: text,
    project: text,
    file: anyOf([text, texts]),
    ref: { type: ['string', 'null'] },
    remote: text,
    integrity: { type: 'string', pattern: '^sha256-' },
    template: text,
    component: text,
    inputs: { type: ['object', 'null'] },
    rules: orNull(includeRules.schema),
  },
  anyOf: ['local', 'project', 'remote', 'template', 'component'].map((kind) => ({ required: [kind] })),
};

/** What each key of a keyword table is, with its line of documentation. */
function described(name: JobKey): JsonSchema {
  const keyword: Keyword<unknown> = jobKeywords[name];
  if (keyword.refused !== undefined) {
    return { description: `${keyword.doc} Not available in Crosstie: ${keyword.refused}.`, not: { type: TYPES } };
  }
  const schema = name === 'extends' ? extendsSchema : keyword.shape.schema;
  return { description: keyword.doc, anyOf: [orNull(schema), { $ref: '#/definitions/reference' }] };
}

const TYPES = ['string', 'number', 'boolean', 'array', 'object'];

function hashOfKeywords(names: readonly JobKey[]): JsonSchema {
  const properties = Object.fromEntries(names.map((name) => [name, { $ref: `#/definitions/${name}` }]));
  return { type: 'object', properties, additionalProperties: false };
}

/**
 * The JSON Schema of a CI file, for editors, made from the descriptions of the keywords. It sees one file
 * as written, before includes and `extends`, so what only the whole configuration shows is not in it.
 */
export function configurationSchema(): SchemaDocument {
  const keywords = Object.fromEntries(jobKeyNames.map((name) => [name, described(name)]));
  const top = Object.fromEntries(topLevelDefaults.map((name) => [name, { $ref: `#/definitions/${name}` }]));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'GitLab CI YAML as Crosstie reads it',
    type: 'object',
    properties: {
      ...top,
      default: { description: 'What jobs take over unless they say otherwise.', ...nullable('default') },
      include: {
        description: 'Other files whose configuration lies under this one.',
        anyOf: [{ type: 'string' }, includeItem, nested(anyOf([{ type: 'string' }, includeItem])), { type: 'null' }],
      },
      stages: { description: 'The stages, in the order in which they run.', ...orNull(nestedTexts('').schema) },
      variables: { description: 'Variables of all jobs.', ...orNull(rootVariables.schema) },
      workflow: { description: 'Whether there is a pipeline, and what it is called.', ...orNull(workflow.schema) },
      spec: { description: 'Inputs of this file; in a document of its own before the configuration.' },
    },
    patternProperties: {
      '^\\.': { description: 'A hidden entry: never a job, to be extended or referenced.' },
    },
    additionalProperties: { $ref: '#/definitions/job' },
    definitions: {
      reference: { description: '`!reference [job, key]`', ...referenceSchema },
      job: { description: 'A job.', ...hashOfKeywords(jobKeyNames) },
      default: hashOfKeywords(defaultKeyNames),
      ...keywords,
    },
  };
}

function nullable(name: string): JsonSchema {
  return { anyOf: [{ $ref: `#/definitions/${name}` }, { type: 'null' }] };
}
