import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { bodyBytesMax, parseBody, type ParsedBody } from './parse-body.js';
import { runApart } from './run-apart.js';

/** Above this many bytes a body is parsed in a thread of its own: 18 MB hold the event loop for 270 ms. */
const ownThreadBytes = 256 * 1024;

/**
 * Unpacks and parses a delivery's body. A body that cannot be read is a value that says so.
 *
 * @param size how large the body is unpacked
 */
export async function readBody(packed: Buffer, size: number): Promise<ParsedBody> {
  if (size <= ownThreadBytes) return parseBody(packed);
  return runApart<ParsedBody>('parse-body', { packedBody: new Uint8Array(packed) });
}

/** The body's bytes, for the small events whose parsers take bytes. */
export function unpackBody(packed: Buffer): Promise<Buffer> {
  return promisify(gunzip)(packed, { maxOutputLength: bodyBytesMax });
}
