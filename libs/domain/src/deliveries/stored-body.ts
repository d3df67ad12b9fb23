import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

const pack = promisify(gzip);

/** A body in the form in which a delivery keeps it. */
export interface StoredBody {
  readonly packed: Buffer;
  /** Of the body as it came. */
  readonly bytes: number;
  /** Of the body as it came: by it a repeat under another number is recognised. */
  readonly sha256: Buffer;
}

/** Packs a body for its row. Quick rather than small: a sender waits for the answer. */
export async function storedBody(body: Buffer): Promise<StoredBody> {
  const sha256 = createHash('sha256').update(body).digest();
  return { packed: await pack(body, { level: constants.Z_BEST_SPEED }), bytes: body.length, sha256 };
}
