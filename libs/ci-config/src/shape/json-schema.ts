/** As much of JSON Schema (draft 7) as the descriptions of keywords come to. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  enum?: readonly (string | null)[];
  not?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  properties?: Record<string, JsonSchema>;
  patternProperties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  required?: readonly string[];
  minProperties?: number;
  maxProperties?: number;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  description?: string;
  markdownDescription?: string;
}

/** `extends`, anchors and a key without value leave null where a value could be; it counts as absent. */
export function orNull(schema: JsonSchema): JsonSchema {
  if (Object.keys(schema).length === 0) return schema;
  if (typeof schema.type === 'string' && schema.enum === undefined) return { ...schema, type: [schema.type, 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}

/** Several schemas as one; one that takes anything swallows the others. */
export function anyOf(schemas: readonly JsonSchema[]): JsonSchema {
  if (schemas.some((schema) => Object.keys(schema).length === 0)) return {};
  const different = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  return different.length === 1 ? (different[0] ?? {}) : { anyOf: different };
}

/** A list whose items may be lists again, as `!reference` leaves them. */
export function nested(item: JsonSchema, levels = 3): JsonSchema {
  const items = levels > 1 ? anyOf([item, nested(item, levels - 1)]) : {};
  return { type: 'array', items };
}

/** A `!reference [job, key]`, which an editor sees as a list of texts. */
export const referenceSchema: JsonSchema = { type: 'array', items: { type: 'string' }, minItems: 1 };
