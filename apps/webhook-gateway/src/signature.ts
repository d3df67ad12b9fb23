import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@crosstie/platform';

export type SignatureVerdict = 'holds' | 'missing' | 'malformed' | 'wrong';

const form = /^sha256=([0-9a-f]{64})$/;

/**
 * Checks `X-Hub-Signature-256` over the bytes as they came. Each secret is computed, whichever fits, and compared in
 * constant time, so that the answer's time tells nothing.
 *
 * @param secrets newest first
 */
export function checkSignature(header: unknown, body: Buffer, secrets: readonly Secret[]): SignatureVerdict {
  if (typeof header !== 'string' || header === '') return 'missing';
  const given = Buffer.from(form.exec(header)?.[1] ?? '', 'hex');
  // The lengths must be equal before the comparison: it throws otherwise.
  if (given.length !== 32) return 'malformed';
  let holds = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret.reveal()).update(body).digest();
    if (timingSafeEqual(expected, given)) holds = true;
  }
  return holds ? 'holds' : 'wrong';
}
