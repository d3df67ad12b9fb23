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

const answerBytesDefault = 32 * 1024 * 1024;

/**
 * One HTTP call with an end: an answer of any status, or an OutboundError. Redirects are not followed. The error
 * names host and path only, since a query may hold a secret.
 */
export async function fetchOnce(url: string, request: OutboundRequest): Promise<OutboundAnswer> {
  const { timeoutMs, answerBytesMax = answerBytesDefault, signal, ...rest } = request;
  const deadline = AbortSignal.timeout(timeoutMs);
  const ending = signal ? AbortSignal.any([deadline, signal]) : deadline;
  const where = placeOf(url);
  try {
    const answer = await fetch(url, { ...rest, redirect: 'manual', signal: ending });
    const body = await readAtMost(answer, answerBytesMax, where);
    return { status: answer.status, headers: answer.headers, body };
  } catch (error) {
    if (error instanceof OutboundError) throw error;
    if (deadline.aborted) throw new OutboundError('timeout', `${where} did not answer within ${timeoutMs} ms`);
    if (signal?.aborted) throw new OutboundError('cancelled', `the call of ${where} was cancelled`);
    throw new OutboundError('connection', `${where} could not be reached: ${causeOf(error)}`);
  }
}

async function readAtMost(answer: Response, bytesMax: number, where: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.byteLength;
    if (size > bytesMax) throw new OutboundError('too_large', `${where} answered more than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts, size);
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
