import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';

import type { ObjectStore } from '@crosstie/platform';

import { type ByteSource, readZipDirectory, type ZipDirectory, type ZipEntry, ZipRefused } from './zip-directory.js';

const stored = 0;
const deflated = 8;
const localHeaderBytes = 30;
const localMark = 0x04034b50;
/** Above this size a file that was packed better than `ratioMax` is no file that somebody wants to look at. */
const bombBytes = 100 * 1024 * 1024;
const ratioMax = 200;

/** An archive in the object store, looked into where it lies: nothing of it is unpacked to disk. */
export class ArchiveFile {
  private readonly source: ByteSource;

  constructor(
    private readonly store: ObjectStore,
    private readonly key: string,
    size: number,
  ) {
    this.source = { size, read: (first, last) => this.read(first, last) };
  }

  /** Throws ZipRefused, or ObjectMissing. */
  directory(): Promise<ZipDirectory> {
    return readZipDirectory(this.source);
  }

  /** One file, unpacked as it is read. Breaks off where it is longer than its directory says. Throws ZipRefused. */
  async open(entry: ZipEntry): Promise<Readable> {
    refuseBomb(entry);
    const header = await this.read(entry.headerOffset, entry.headerOffset + localHeaderBytes - 1);
    if (header.length < localHeaderBytes || header.readUInt32LE(0) !== localMark) {
      throw new ZipRefused('The archive is damaged.');
    }
    const first = entry.headerOffset + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
    if (first + entry.compressedSize > this.source.size) throw new ZipRefused('The archive is damaged.');
    const end = exactly(entry.size);
    if (entry.compressedSize === 0) return end.end();
    const packed = await this.store.get(this.key, { first, last: first + entry.compressedSize - 1 });
    // Errors reach whoever reads: the pipeline destroys its last stream with them.
    const done = (): void => undefined;
    return entry.method === stored ? pipeline(packed, end, done) : pipeline(packed, createInflateRaw(), end, done);
  }

  private async read(first: number, last: number): Promise<Buffer> {
    const content = await this.store.get(this.key, { first, last: Math.min(last, this.source.size - 1) });
    return Buffer.concat((await content.toArray()) as Buffer[]);
  }
}

function refuseBomb({ method, size, compressedSize }: ZipEntry): void {
  if (method !== stored && method !== deflated)
    throw new ZipRefused('The file is packed in a way that is not known here.');
  if (size > bombBytes && size > compressedSize * ratioMax) {
    throw new ZipRefused('The file would unpack to far more than it is packed: download the archive to look at it.');
  }
}

function exactly(size: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > size) return done(new ZipRefused('A file in the archive is longer than its directory says.'));
      done(null, chunk);
    },
    flush(done) {
      done(seen === size ? null : new ZipRefused('A file in the archive is shorter than its directory says.'));
    },
  });
}
