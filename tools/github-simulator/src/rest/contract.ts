import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormatsModule from 'ajv-formats';
import { GitHubError } from '../http/github-error.js';
import type { Received } from '../http/received.js';
import type { SimulatedClock } from '../state/clock.js';
import type { Call, Operation } from './operation.js';

// The package is CommonJS: its function is the default of the default.
const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default;

interface DescribedOperation {
  parameters: { name: string; in: 'path' | 'query' | 'header'; schema: object }[];
  request?: object;
  requestRequired?: boolean;
  responses: Record<string, Record<string, object>>;
}

interface Description {
  operations: Record<string, DescribedOperation>;
  webhooks: Record<string, object>;
  components: object;
}

const file = new URL('../../openapi/github.json', import.meta.url);

// Shared by all simulators of a process: compiling an operation takes up to 50 ms.
const description = JSON.parse(readFileSync(file, 'utf8')) as Description;
const strict = validator(false);
const coercing = validator(true);
const compiled = new Map<string, ValidateFunction>();

/**
 * GitHub's published description (cut by `openapi/cut.ts`), held against every request that comes in
 * and every answer and webhook that goes out.
 */
export class Contract {
  constructor(
    private readonly received: Received,
    private readonly clock: SimulatedClock,
  ) {}

  /** Throws what GitHub answers to a request that breaks the description, and records it. */
  checkRequest(operation: Operation, call: Call): void {
    const described = description.operations[nameOf(operation)];
    if (!described) return;
    for (const { name, in: place, schema } of described.parameters) {
      const value = place === 'query' ? call.query.get(name) : place === 'path' ? (call.params[name] ?? null) : null;
      if (value === null) continue;
      const errors = this.errors(`${nameOf(operation)} ${place} ${name}`, wrapped(schema), { value }, coercing);
      if (errors) this.refuse(operation, errors);
    }
    const hasBody = Object.keys(call.body).length > 0 || described.requestRequired === true;
    if (!described.request || !hasBody) return;
    const errors = this.errors(`${nameOf(operation)} request`, described.request, call.body, strict);
    if (errors) this.refuse(operation, errors);
  }

  /** Throws when our own answer breaks the description: a bug of the simulator, and answered as one. */
  checkAnswer(operation: Operation, status: number, body: unknown, accept = ''): void {
    const described = description.operations[nameOf(operation)]?.responses[String(status)];
    if (!described || body === undefined) return;
    const asked = Object.keys(described).find((type) => type !== 'application/json' && accept.includes(type));
    const schema = (asked && described[asked]) ?? described['application/json'];
    if (!schema) return;
    // As it stands on the wire, dates and integers that JSON has its own words for included.
    const sent: unknown = JSON.parse(JSON.stringify(body));
    const errors = this.errors(`${nameOf(operation)} ${status} ${asked ?? ''}`, schema, sent, strict);
    if (!errors) return;
    this.record(operation.method, operation.path, 'answer', errors);
    throw new GitHubError(500, `The simulator's answer breaks GitHub's description: ${JSON.stringify(errors)}`);
  }

  /** Records a webhook of ours that breaks its description. */
  checkWebhook(event: string, payload: Record<string, unknown>): void {
    const action = payload['action'];
    const name = typeof action === 'string' ? `${event}.${action}` : event;
    const schema = description.webhooks[name];
    const errors = schema && this.errors(`webhook ${name}`, schema, payload, strict);
    if (errors) this.record('POST', `webhook ${name}`, 'answer', errors);
  }

  private refuse(operation: Operation, errors: ErrorObject[]): never {
    this.record(operation.method, operation.path, 'request', errors);
    const words = errors.map((each) => `For '${each.instancePath || '/'}', ${each.message}.`).join('\n');
    throw new GitHubError(422, `Invalid request.\n\n${words}`);
  }

  private record(method: string, route: string, side: 'request' | 'answer', errors: ErrorObject[]): void {
    this.received.contractViolations.push({ at: this.clock.iso(), method, route, side, errors });
  }

  private errors(key: string, schema: object, value: unknown, ajv: Ajv): ErrorObject[] | null {
    let validate = compiled.get(key);
    if (!validate) {
      validate = ajv.compile(withReferences(schema) as object);
      compiled.set(key, validate);
    }
    return validate(value) ? null : (validate.errors ?? []);
  }
}

function validator(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: false, coerceTypes, validateFormats: true });
  addFormats(ajv);
  ajv.addSchema({ $id: 'github', components: description.components });
  return ajv;
}

/** Coercion writes the value back, so it needs something to stand in. */
function wrapped(schema: object): object {
  return { type: 'object', properties: { value: schema } };
}

function withReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withReferences);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) =>
      key === '$ref' ? [key, `github${String(value)}`] : [key, withReferences(value)],
    ),
  );
}

/** The alias by id is described under the name with owner and repository. */
function nameOf(operation: Operation): string {
  return `${operation.method} ${operation.path.replace('/repositories/{repository_id}', '/repos/{owner}/{repo}')}`;
}
