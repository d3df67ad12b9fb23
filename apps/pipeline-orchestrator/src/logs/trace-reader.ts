import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';

import { Database, readTrace, Trace, type TraceMember } from '@crosstie/domain';
import { CrosstieConfig, type ObjectStore, openObjectStore } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';

import { LogWatchers } from './log-watchers.js';

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
    @Inject(LogWatchers) private readonly watchers: LogWatchers,
  ) {}

  /** Bytes of the log that can be read now; 0 when there is none. */
  async size(jobId: number): Promise<number> {
    const trace = await this.database.dataSource.getRepository(Trace).findOneBy({ jobId });
    if (!trace?.checksum && !trace?.objectKey) this.watchers.note([jobId]);
    return trace ? trace.size - trace.tailLength : 0;
  }

  /** The bytes from `first` to `last`, both in, which must be there. Never more than some pieces in memory. */
  async *read(jobId: number, first: number, last: number): AsyncGenerator<Buffer> {
    let at = first;
    while (at <= last) {
      const parts = await this.database.run(readTrace, jobId, at, chunksAtOnce);
      const [trace] = parts;
      if (trace?.object_key) {
        yield* this.readObject(trace.object_key, trace.members ?? [], at, last);
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

  /** Unpacks from the member on in which the range begins, as far as it goes. */
  private async *readObject(
    key: string,
    members: readonly TraceMember[],
    first: number,
    last: number,
  ): AsyncGenerator<Buffer> {
    this.store ??= openObjectStore(this.config.objectStore);
    const [begins, , from] = members.findLast(([offset]) => offset <= first) ?? [0, 0, 0];
    const next = members.find(([offset]) => offset > last);
    const range = next ? { first: from, last: next[2] - 1 } : undefined;
    const content = await (await this.store).get(key, range ?? (from === 0 ? undefined : { first: from }));
    const unpacked = content.pipe(createGunzip());
    content.on('error', (error) => unpacked.destroy(error));
    let offset = begins;
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
