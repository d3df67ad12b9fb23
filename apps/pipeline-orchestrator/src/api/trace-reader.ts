import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';

import { Database, readTrace, Trace } from '@crosstie/domain';
import { CrosstieConfig, type ObjectStore, openObjectStore } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';

const unpack = promisify(gunzip);
/** Pieces read by one statement; a runner sends about one a second. */
const chunksAtOnce = 64;

/** Reads logs, wherever they lie: in pieces while a job runs and shortly after, in the object store later. */
@Injectable()
export class TraceReader {
  private store: Promise<ObjectStore> | null = null;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  /** Bytes of the log so far; 0 when there is none. */
  async size(jobId: number): Promise<number> {
    const trace = await this.database.dataSource.getRepository(Trace).findOneBy({ jobId });
    return trace?.size ?? 0;
  }

  /** The bytes from `first` to `last`, both in, which must be there. Never more than some pieces in memory. */
  async *read(jobId: number, first: number, last: number): AsyncGenerator<Buffer> {
    let at = first;
    while (at <= last) {
      const parts = await this.database.run(readTrace, jobId, at, chunksAtOnce);
      const key = parts[0]?.object_key;
      if (key) {
        yield* this.readObject(key, at, last);
        return;
      }
      const from = at;
      for (const { offset, body } of parts) {
        if (offset === null || body === null || at > last) continue;
        const bytes = cut(await unpack(body), offset, at, last);
        at += bytes.length;
        if (bytes.length > 0) yield bytes;
      }
      // The log was emptied meanwhile, because its runner sends it anew.
      if (at === from) return;
    }
  }

  /** The object is gzip'd whole, so a range is found by unpacking from the start. */
  private async *readObject(key: string, first: number, last: number): AsyncGenerator<Buffer> {
    this.store ??= openObjectStore(this.config.objectStore);
    const content = await (await this.store).get(key);
    const unpacked = content.pipe(createGunzip());
    content.on('error', (error) => unpacked.destroy(error));
    let offset = 0;
    try {
      for await (const piece of unpacked as AsyncIterable<Buffer>) {
        const bytes = cut(piece, offset, first, last);
        offset += piece.length;
        if (bytes.length > 0) yield bytes;
        if (offset > last) return;
      }
    } finally {
      content.destroy();
    }
  }
}

/** The part of a piece at `offset` that lies between two bytes of the whole. */
function cut(piece: Buffer, offset: number, first: number, last: number): Buffer {
  return piece.subarray(Math.max(0, first - offset), Math.max(0, last + 1 - offset));
}
