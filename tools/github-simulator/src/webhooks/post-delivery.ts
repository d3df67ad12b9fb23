import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';

export interface HookAnswer {
  /** "OK" for a 2xx, else GitHub's words for what went wrong. */
  status: string;
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

// A connection of its own for each: one that is kept could be closed by the other side just as it is
// used again, and a delivery that was lost to that would be lost by the simulator, not by the receiver.
const agent = new Agent({ keepAlive: false, maxSockets: 64 });
const tlsAgent = new TlsAgent({ keepAlive: false, maxSockets: 64, rejectUnauthorized: false });
const keptResponseBytes = 64 * 1024;

/** Posts one delivery and waits for its answer; never throws. */
export function postDelivery(
  url: string,
  headers: Record<string, string>,
  body: Buffer,
  limits: { timeoutMs: number; timeoutStatusCode: number; closing: AbortSignal },
): Promise<HookAnswer> {
  return new Promise((resolve) => {
    const failed = (status: string): void =>
      resolve({ status, statusCode: limits.timeoutStatusCode, headers: {}, body: '' });
    let target: URL;
    try {
      target = new URL(url);
    } catch {
      return failed('invalid url');
    }
    const secure = target.protocol === 'https:';
    const outgoing = (secure ? tlsRequest : request)(target, {
      method: 'POST',
      agent: secure ? tlsAgent : agent,
      headers: { ...headers, 'content-length': String(body.length) },
      signal: AbortSignal.any([AbortSignal.timeout(limits.timeoutMs), limits.closing]),
    });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => failed('timed out'));
      response.on('end', () => {
        const code = response.statusCode ?? 0;
        resolve({
          status: code >= 200 && code < 300 ? 'OK' : (response.statusMessage ?? `Status ${code}`),
          statusCode: code,
          headers: Object.fromEntries(Object.entries(response.headers).map(([key, value]) => [key, String(value)])),
          body: Buffer.concat(chunks).subarray(0, keptResponseBytes).toString('utf8'),
        });
      });
    });
    outgoing.on('error', (error) => {
      failed(error.name === 'TimeoutError' || error.name === 'AbortError' ? 'timed out' : 'failed to connect to host');
    });
    outgoing.end(body);
  });
}
