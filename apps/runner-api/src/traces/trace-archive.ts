import { Readable } from 'node:stream';
import { createGzip, crc32, gunzip } from 'node:zlib';
import { promisify } from 'node:util';

import { Database, readTrace, tracesToStore, traceStored, type TraceToStore } from '@crosstie/domain';
import { Clock, Logger, Loop, objectKey, ObjectStore } from '@crosstie/platform';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';

const everyMs = 15_000;
/** A log stays in rows for a while: that is when it is read most, and its last pieces may be on their way. */
const keptInRowsMs = 60_000;
const tracesMax = 20;
const chunksMax = 16;
const unpack = promisify(gunzip);

/**
 * Moves the logs of ended jobs from rows to the object store, one gzip'd object each. Bytes go to rows first,
 * so a store that is away delays nothing but the move.
 */
@Injectable()
export class TraceArchive implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;

  constructor(
    private readonly database: Database,
    private readonly store: ObjectStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.loop = new Loop({ name: 'archive of logs', intervalMs: everyMs, run: (signal) => this.pass(signal), logger });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** One pass, for tests. */
  runOnce(): Promise<void> {
    return this.loop.runOnce();
  }

  private async pass(signal: AbortSignal): Promise<boolean> {
    const endedBefore = new Date(this.clock.ms() - keptInRowsMs);
    const due = await this.database.run(tracesToStore, endedBefore, tracesMax);
    for (const trace of due) {
      if (signal.aborted) return false;
      await this.move(trace);
    }
    return due.length === tracesMax;
  }

  private async move({ job_id: jobId, size, checksum }: TraceToStore): Promise<void> {
    const key = objectKey('traces');
    const seen = { crc: 0 };
    await this.store.put(key, Readable.from(this.pieces(jobId, seen)).pipe(createGzip()));
    const stored = await this.database.first(traceStored, jobId, size, key);
    // Another process was quicker, or the log has grown: nothing names this object.
    if (!stored) return this.store.remove(key);
    const said = `crc32:${seen.crc.toString(16).padStart(8, '0')}`;
    if (checksum && checksum !== said) {
      this.logger.warn('a log is not what its runner says it sent', { jobId, checksum, stored: said });
    }
  }

  private async *pieces(jobId: number, seen: { crc: number }): AsyncGenerator<Buffer> {
    for (let from = 0; ;) {
      const parts = await this.database.run(readTrace, jobId, from, chunksMax);
      let read = 0;
      for (const { body, offset, length } of parts) {
        if (body === null || offset === null || length === null) continue;
        const bytes = await unpack(body);
        seen.crc = crc32(bytes, seen.crc);
        yield bytes;
        from = offset + length;
        read += 1;
      }
      if (read === 0) return;
    }
  }
}
