import { gunzipSync, inflateRawSync } from 'node:zlib';

const sizeMax = 256 * 1024 * 1024;
const depthMax = 4;

/**
 * The bytes themselves and everything packed inside them: gzip and zip anywhere in them, hex and base64
 * runs, each unpacked again. What does not unpack is no archive and is left out.
 */
export function* unpack(bytes: Buffer, depth = 0): Generator<Buffer> {
  yield bytes;
  if (depth >= depthMax) return;
  for (const inner of [...gzipMembers(bytes), ...zipEntries(bytes), ...encodedRuns(bytes)]) {
    yield* unpack(inner, depth + 1);
  }
}

function* gzipMembers(bytes: Buffer): Generator<Buffer> {
  const magic = Buffer.from([0x1f, 0x8b, 0x08]);
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    const inner = attempt(() => gunzipSync(bytes.subarray(at), { maxOutputLength: sizeMax }));
    if (inner) yield inner;
  }
}

function* zipEntries(bytes: Buffer): Generator<Buffer> {
  const magic = Buffer.from('PK\x03\x04', 'latin1');
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (at + 30 > bytes.length) return;
    const method = bytes.readUInt16LE(at + 8);
    const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
    if (method !== 8) continue;
    // The sizes may stand behind the data: inflate to where the stream itself ends.
    const inner = attempt(() => inflateRawSync(bytes.subarray(start), { maxOutputLength: sizeMax }));
    if (inner) yield inner;
  }
}

/** Long runs of hex or base64 that decode to an archive: plain text in them is found by its own needles. */
function* encodedRuns(bytes: Buffer): Generator<Buffer> {
  const text = bytes.toString('latin1');
  for (const [run] of text.matchAll(/[0-9a-fA-F]{40,}/g)) {
    const inner = Buffer.from(run.length % 2 === 0 ? run : run.slice(0, -1), 'hex');
    if (looksPacked(inner)) yield inner;
  }
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{40,}/g)) {
    const inner = Buffer.from(run, 'base64');
    if (looksPacked(inner)) yield inner;
  }
}

function looksPacked(bytes: Buffer): boolean {
  return (bytes[0] === 0x1f && bytes[1] === 0x8b) || bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04';
}

function attempt(work: () => Buffer): Buffer | null {
  try {
    return work();
  } catch {
    return null;
  }
}
