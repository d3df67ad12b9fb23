import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import type { TraceMember } from '@crosstie/domain';

/** So much of a log is unpacked at the most to find one of its bytes or lines. */
const memberBytes = 256 * 1024;
const lineFeed = 10;
const pack = promisify(gzip);

export interface PackedLog {
  bytes: AsyncIterable<Buffer>;
  /** Filled while the bytes are read. */
  members: readonly TraceMember[];
}

/**
 * Packs a log as gzip members one after another, which unpack as one file, and notes where each begins: its byte
 * and its line in the log, its byte in the object. Never more than a member in memory.
 */
export function packMembers(pieces: AsyncIterable<Buffer>): PackedLog {
  const members: TraceMember[] = [];
  return { bytes: packing(pieces, members), members };
}

async function* packing(pieces: AsyncIterable<Buffer>, members: TraceMember[]): AsyncGenerator<Buffer> {
  const at = { offset: 0, line: 0, object: 0 };
  const close = async (bytes: Buffer): Promise<Buffer> => {
    const packed = await pack(bytes);
    members.push([at.offset, at.line, at.object]);
    at.offset += bytes.length;
    at.line += countLines(bytes);
    at.object += packed.length;
    return packed;
  };
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < memberBytes) continue;
    yield await close(Buffer.concat(waiting));
    waiting = [];
    length = 0;
  }
  if (length > 0) yield await close(Buffer.concat(waiting));
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) count += 1;
  return count;
}
