import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';

import { packMembers } from './log-members.js';

async function* inPieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe('a log that is put away', () => {
  it('is one file to gzip, and can be read from each of its members', async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `${n} ${randomBytes(20).toString('hex')} ü\n`);
    const bytes = Buffer.from(lines.join(''));
    const packed = packMembers(inPieces(bytes, 30_001));
    const object = Buffer.concat(await Readable.from(packed.bytes).toArray());
    expect(gunzipSync(object).equals(bytes)).toBe(true);
    expect(packed.members.length).toBeGreaterThan(3);
    for (const [n, [offset, line, from]] of packed.members.entries()) {
      const [next = bytes.length, , until = object.length] = packed.members[n + 1] ?? [];
      expect(gunzipSync(object.subarray(from, until)).equals(bytes.subarray(offset, next))).toBe(true);
      const before = bytes.subarray(0, offset).toString().split('\n').length - 1;
      expect(line).toBe(before);
    }
  });

  it('without a byte has no member', async () => {
    const packed = packMembers(inPieces(Buffer.alloc(0), 1));
    expect(await Readable.from(packed.bytes).toArray()).toEqual([]);
    expect(packed.members).toEqual([]);
  });
});
