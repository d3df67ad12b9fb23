import { Readable } from 'node:stream';
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';

import { Database, readTrace, showTail, tracesToStore, traceStored, type TraceToStore } from '@crosstie/domain';
import { Clock, Logger, objectKey, ObjectStore, Sweep } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';

import { packMembers } from './log-members.js';

const everyMs = 15_000;
/** A log stays in rows for a while: that is when it is read most, and its last pieces may be on their way. */
const keptInRowsMs = 60_000;
const tracesMax = 20;
const chunksMax = 16;
const unpack = promisify(gunzip);

/**
 * Moves the logs of ended jobs from rows to the object store, one object each, with an index of its lines. Bytes go to
 * rows first, so a store that is away delays nothing but the move.
 */
@Injectable()
export class TraceArchive extends Sweep {
  constructor(
    private readonly database: Database,
    private readonly store: ObjectStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    super({ name: 'archive of logs', intervalMs: everyMs, logger });
  }

  protected async pass(signal: AbortSignal): Promise<boolean> {
    const endedBefore = new Date(this.clock.ms() - keptInRowsMs);
    const due = await this.database.run(tracesToStore, endedBefore, tracesMax);
    for (const trace of due) {
      if (signal.aborted) return false;
      await this.move(trace);
    }
    return due.length === tracesMax;
  }

  private async move({ job_id: jobId, size, checksum, crc }: TraceToStore): Promise<void> {
    // A job that the server ended has an end of its log that nobody has shown yet.
    await this.database.run(showTail, jobId);
    const key = objectKey('traces');
    const packed = packMembers(this.pieces(jobId));
    await this.store.put(key, Readable.from(packed.bytes, { objectMode: false }));
    const stored = await this.database.first(traceStored, jobId, size, key, JSON.stringify(packed.members));
    // Another process was quicker, or the log has grown: nothing names this object.
    if (!stored) return this.store.remove(key);
    const said = `crc32:${crc.toString(16).padStart(8, '0')}`;
    if (checksum && checksum !== said) {
      this.logger.warn('a log is not what its runner says it sent', { jobId, checksum, taken: said });
    }
  }

  private async *pieces(jobId: number): AsyncGenerator<Buffer> {
    for (let from = 0; ;) {
      const parts = await this.database.run(readTrace, jobId, from, chunksMax);
      let read = 0;
      for (const { body, offset, length } of parts) {
        if (body === null || offset === null || length === null) continue;
        yield await unpack(body);
        from = offset + length;
        read += 1;
      }
      if (read === 0) return;
    }
  }
}
