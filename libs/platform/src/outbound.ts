import { Agent as HttpAgent, request as send, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as sendSecure } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { withoutSecrets } from './redaction.js';
import { isError } from './is-error.js';

export interface OutboundRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Covers the whole exchange, the answer's body included. */
  readonly timeoutMs: number;
  /** More bytes than this in the answer end the call. Default 32 MiB. */
  readonly answerBytesMax?: number;
  readonly signal?: AbortSignal;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export type OutboundFailure = 'timeout' | 'connection' | 'too_large' | 'cancelled' | 'refused';

/** A call that ended without an answer: whether it took effect on the other side is unknown. */
export class OutboundError extends Error {
  constructor(
    readonly kind: OutboundFailure,
    message: string,
  ) {
    super(withoutSecrets(message));
    this.name = 'OutboundError';
  }
}

const unpack = promisify(gunzip);
const answerBytesDefault = 32 * 1024 * 1024;

// An idle connection is given up before the other side is likely to: what goes out on one that is closed gets lost.
const idle = { keepAlive: true, timeout: 4_000 };
const plain = new HttpAgent(idle);
const secure = new HttpsAgent(idle);

/**
 * One HTTP call with an end: an answer of any status, or an OutboundError. Redirects are not followed. The error
 * names host and path only, since a query may hold a secret.
 *
 * By Node's own client, since `fetch` was measured at five times its processor time, and a push makes four calls.
 */
export async function fetchOnce(url: string, request: OutboundRequest): Promise<OutboundAnswer> {
  const where = placeOf(url);
  try {
    const { response, body } = await exchange(url, where, request);
    return {
      status: response.statusCode ?? 0,
      headers: headersOf(response),
      body: await decoded(response, body, where, request),
    };
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    if (request.signal?.aborted) throw new OutboundError('cancelled', `the call of ${where} was cancelled`);
    throw new OutboundError('connection', `${where} could not be reached: ${causeOf(error)}`);
  }
}

interface Exchanged {
  response: IncomingMessage;
  body: Buffer;
}

function exchange(url: string, where: string, request: OutboundRequest): Promise<Exchanged> {
  const { method = 'GET', headers, body, timeoutMs, signal } = request;
  const bytesMax = request.answerBytesMax ?? answerBytesDefault;
  const isSecure = url.startsWith('https:');
  return new Promise((resolve, reject) => {
    const call = (isSecure ? sendSecure : send)(url, {
      method,
      agent: isSecure ? secure : plain,
      headers: { 'accept-encoding': 'gzip', ...headers, ...(body && { 'content-length': Buffer.byteLength(body) }) },
      ...(signal && { signal }),
    });
    const fail = (error: unknown): void => {
      clearTimeout(deadline);
      reject(error);
      call.destroy();
    };
    const late = new OutboundError('timeout', `${where} did not answer within ${timeoutMs} ms`);
    const deadline = setTimeout(() => fail(late), timeoutMs);
    call.on('error', fail);
    call.once('response', (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        parts.push(part);
        if (size > bytesMax) fail(tooLarge(where, bytesMax));
      });
      response.once('error', fail);
      response.once('end', () => {
        clearTimeout(deadline);
        if (response.complete) resolve({ response, body: Buffer.concat(parts, size) });
        else fail(new Error('cut off'));
      });
      response.once('close', () => fail(new Error('cut off')));
    });
    call.end(body);
  });
}

async function decoded(
  { headers }: IncomingMessage,
  body: Buffer,
  where: string,
  { answerBytesMax = answerBytesDefault }: OutboundRequest,
): Promise<Buffer> {
  if (headers['content-encoding'] !== 'gzip' || body.length === 0) return body;
  try {
    return await unpack(body, { maxOutputLength: answerBytesMax });
  } catch (error) {
    if (isError(error) && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(where, answerBytesMax);
    throw error;
  }
}

function tooLarge(where: string, bytesMax: number): OutboundError {
  return new OutboundError('too_large', `${where} answered more than ${bytesMax} bytes`);
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}

function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'an unreadable address';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

function causeOf(error: unknown): string {
  const cause = isError(error) && isError(error.cause) ? error.cause : error;
  const code = isError(cause) && 'code' in cause ? String(cause.code) : '';
  return code || (isError(cause) ? cause.name : 'unknown failure');
}

export interface RetryOptions {
  /** How often it is tried in all, at least once. */
  readonly attempts: number;
  /** The wait before the second attempt; it doubles with each further one. */
  readonly baseMs: number;
  readonly waitMsMax?: number;
  /** The share of a wait that is random, 0 to 1. Default 0.5. */
  readonly jitter?: number;
  /** Whether another attempt can help; a number is the wait that the other side asked for. */
  readonly retryable: (error: unknown) => boolean | number;
  readonly signal?: AbortSignal;
}

/** Tries until it holds, the error cannot be helped, or the attempts are used up: then the last error is thrown. */
export async function retrying<T>(attempt: (n: number) => Promise<T>, options: RetryOptions): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt(n);
    } catch (error) {
      const verdict = n >= options.attempts ? false : options.retryable(error);
      if (verdict === false || options.signal?.aborted) throw error;
      await pause(typeof verdict === 'number' ? verdict : backOff(n, options), options.signal);
    }
  }
}

function backOff(n: number, { baseMs, waitMsMax = 30_000, jitter = 0.5 }: RetryOptions): number {
  const full = Math.min(baseMs * 2 ** (n - 1), waitMsMax);
  return full * (1 - jitter * Math.random());
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
