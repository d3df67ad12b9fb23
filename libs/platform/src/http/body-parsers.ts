import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import qs from 'qs';
import { isError } from '../is-error.js';
import { BadRequest, Problem } from '../problem.js';
import { isNestedDeeper } from './json-depth.js';
import { limitsOf } from './route-limits.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The exact bytes of a JSON or form body. */
    rawBody?: Buffer;
  }
}

const formFieldsMax = 1_000;
const fieldBytesMax = 1024 * 1024;
/** No body of ours nests as deep; what is nested deeper is parsed by none and printed by few. */
const depthMax = 32;

/** Reads a query or a form with nesting: `scope[]=a`, `filter[environment_scope]=prod`. */
export function parseNested(text: string): Record<string, unknown> {
  return qs.parse(text, { depth: 5, parameterLimit: formFieldsMax, arrayLimit: 200, allowPrototypes: false });
}

/** The bodies that every app understands; each keeps its bytes as they came. */
export async function readBodies(fastify: FastifyInstance): Promise<void> {
  fastify.removeAllContentTypeParsers();
  bufferParser(fastify, /^application\/(?:[\w.-]+\+)?json(?:;|$)/i, parseJson);
  bufferParser(fastify, /^application\/x-www-form-urlencoded(?:;|$)/i, (bytes) => parseNested(bytes.toString('utf8')));
  bufferParser(fastify, /^text\/plain(?:;|$)/i, (bytes) => bytes);
  bufferParser(fastify, /^application\/octet-stream(?:;|$)/i, (bytes) => bytes);
  await fastify.register(multipart, { limits: { fields: formFieldsMax, fieldSize: fieldBytesMax, files: 20 } });
  fastify.addHook('preValidation', async (request) => {
    const { rawBody, streamsParts } = limitsOf(request);
    if (rawBody || streamsParts) return;
    if (request.isMultipart()) request.body = await fieldsOf(request);
    // Handlers read fields of it: a body that is not there has none.
    request.body ??= {};
    if (takesQuery(request)) request.body = { ...(request.query as object), ...(request.body as object) };
  });
}

/** GitLab's clients send the parameters of POST and PUT in the body, in the query, or in both; then the body holds. */
function takesQuery({ method, url, body }: FastifyRequest): boolean {
  if ((method !== 'POST' && method !== 'PUT') || !url.startsWith('/api/v4/')) return false;
  return typeof body === 'object' && !Array.isArray(body) && !Buffer.isBuffer(body);
}

function bufferParser(fastify: FastifyInstance, type: RegExp, read: (bytes: Buffer) => unknown): void {
  fastify.addContentTypeParser(type, { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
    request.rawBody = bytes;
    if (limitsOf(request).rawBody) return done(null, bytes);
    try {
      done(null, read(bytes));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

// GitLab's clients send `content-type: application/json` without a body.
function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  if (isNestedDeeper(bytes, depthMax)) {
    throw new BadRequest(`The body is nested deeper than ${depthMax} levels`, 'json_too_deep');
  }
  try {
    return JSON.parse(bytes.toString('utf8'), withoutPrototype);
  } catch {
    throw new BadRequest('The body is not valid JSON', 'bad_json');
  }
}

function withoutPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

async function fieldsOf(request: FastifyRequest): Promise<Record<string, unknown>> {
  try {
    return await readFields(request);
  } catch (error) {
    // The reader of multipart says what it cannot make sense of in plain errors; Fastify's own have their status.
    if (error instanceof Problem || (isError(error) && 'statusCode' in error)) throw error;
    throw new BadRequest('The body is not valid multipart', 'bad_multipart');
  }
}

async function readFields(request: FastifyRequest): Promise<Record<string, unknown>> {
  const pairs: string[] = [];
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      part.file.resume();
      throw new BadRequest(`${part.fieldname} must not be a file`);
    }
    pairs.push(`${encodeURIComponent(part.fieldname)}=${encodeURIComponent(String(part.value))}`);
  }
  return parseNested(pairs.join('&'));
}
