/** Where the bytes of an archive are read from, a range at a time. */
export interface ByteSource {
  readonly size: number;
  /** Both ends are in. */
  read(first: number, last: number): Promise<Buffer>;
}

/** A file inside an archive, as its directory describes it. */
export interface ZipEntry {
  /** Relative, with `/` between its parts, without `.` and `..`. */
  readonly path: string;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

export interface ZipDirectory {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** Entries that are never shown nor opened: links, encrypted ones, names that lead out of the archive. */
  readonly leftOut: number;
}

/** An archive that cannot be looked into: the sentence says why. It can still be downloaded whole. */
export class ZipRefused extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'ZipRefused';
  }
}

const entriesMax = 100_000;
const directoryBytesMax = 64 * 1024 * 1024;
/** The end record, its longest comment, and the locator of the 64-bit form before it. */
const tailBytesMax = 22 + 65_535 + 20;
const endMark = 0x06054b50;
const locatorMark = 0x07064b50;
const end64Mark = 0x06064b50;
const entryMark = 0x02014b50;
const pathCharactersMax = 4_096;
const in32 = 0xffff_ffff;
const in16 = 0xffff;

/**
 * Reads the directory at the end of a zip archive, in two or three reads and nothing of the files themselves.
 * Whatever an archive claims is checked against its length. Throws ZipRefused.
 */
export async function readZipDirectory(source: ByteSource): Promise<ZipDirectory> {
  const { count, offset, bytes } = await findDirectory(source);
  if (count > entriesMax) throw new ZipRefused(`The archive has more than ${entriesMax} files.`);
  if (bytes > directoryBytesMax) throw new ZipRefused('The list of files in the archive is too long.');
  if (offset + bytes > source.size) throw new ZipRefused('The archive is damaged.');
  return parseEntries(bytes === 0 ? Buffer.alloc(0) : await source.read(offset, offset + bytes - 1), count);
}

interface Place {
  count: number;
  offset: number;
  bytes: number;
}

async function findDirectory(source: ByteSource): Promise<Place> {
  if (source.size < 22) throw new ZipRefused('This is not a zip archive.');
  const tailAt = Math.max(0, source.size - tailBytesMax);
  const tail = await source.read(tailAt, source.size - 1);
  const end = lastEnd(tail);
  const place = {
    count: tail.readUInt16LE(end + 10),
    bytes: tail.readUInt32LE(end + 12),
    offset: tail.readUInt32LE(end + 16),
  };
  if (place.count !== in16 && place.bytes !== in32 && place.offset !== in32) return place;
  return readEnd64(source, tail, end);
}

function lastEnd(tail: Buffer): number {
  for (let at = tail.length - 22; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) === endMark && at + 22 + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  throw new ZipRefused('This is not a zip archive.');
}

async function readEnd64(source: ByteSource, tail: Buffer, end: number): Promise<Place> {
  const at = end - 20;
  if (at < 0 || tail.readUInt32LE(at) !== locatorMark) throw new ZipRefused('The archive is damaged.');
  const recordAt = integerAt(tail, at + 8);
  if (recordAt + 56 > source.size) throw new ZipRefused('The archive is damaged.');
  const record = await source.read(recordAt, recordAt + 55);
  if (record.readUInt32LE(0) !== end64Mark) throw new ZipRefused('The archive is damaged.');
  return { count: integerAt(record, 32), bytes: integerAt(record, 40), offset: integerAt(record, 48) };
}

function parseEntries(bytes: Buffer, count: number): ZipDirectory {
  const entries = new Map<string, ZipEntry>();
  let [at, leftOut] = [0, 0];
  for (let n = 0; n < count; n += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== entryMark) {
      throw new ZipRefused('The archive is damaged.');
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field));
    const next = at + 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
    if (next > bytes.length) throw new ZipRefused('The archive is damaged.');
    const name = bytes.subarray(at + 46, at + 46 + (nameLength ?? 0)).toString('utf8');
    const extra = bytes.subarray(at + 46 + (nameLength ?? 0), at + 46 + (nameLength ?? 0) + (extraLength ?? 0));
    const isFolder = name.endsWith('/');
    if (!isFolder && isPlain(bytes, at) && isSafePath(name)) entries.set(name, entryAt(bytes, at, name, extra));
    else if (!isFolder) leftOut += 1;
    at = next;
  }
  return { entries, leftOut };
}

function entryAt(bytes: Buffer, at: number, path: string, extra: Buffer): ZipEntry {
  const small = {
    compressedSize: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    headerOffset: bytes.readUInt32LE(at + 42),
  };
  return {
    path,
    method: bytes.readUInt16LE(at + 10),
    crc: bytes.readUInt32LE(at + 16),
    ...inSixtyFour(small, extra),
  };
}

/** The 64-bit values of an entry stand in its extra field, each only where the 32-bit one is full. */
function inSixtyFour<T extends { size: number; compressedSize: number; headerOffset: number }>(
  small: T,
  extra: Buffer,
): T {
  const large = { ...small };
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let field = at + 4;
    const end = Math.min(extra.length, field + extra.readUInt16LE(at + 2));
    for (const name of ['size', 'compressedSize', 'headerOffset'] as const) {
      if (small[name] !== in32 || field + 8 > end) continue;
      large[name] = integerAt(extra, field);
      field += 8;
    }
  }
  return large;
}

/** Neither encrypted nor, on a system with modes, anything but a regular file. */
function isPlain(bytes: Buffer, at: number): boolean {
  const encrypted = (bytes.readUInt16LE(at + 8) & 1) === 1;
  const kind = (bytes.readUInt32LE(at + 38) >>> 28) & 0xf;
  return !encrypted && (kind === 0 || kind === 0x8);
}

/** A path that stays where it is put, on any system: relative, no `..`, no drive, no control characters. */
export function isSafePath(path: string): boolean {
  if (path === '' || path.length > pathCharactersMax) return false;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(path) || /^[a-z]:/i.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

function integerAt(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ZipRefused('The archive is damaged.');
  return Number(value);
}
