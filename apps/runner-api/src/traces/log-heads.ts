import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { Database, traceHead } from '@crosstie/domain';
import { Injectable } from '@nestjs/common';

import { type LogTail, noTail } from './masker.js';

/** Where a log goes on. */
export interface LogHead {
  readonly size: number;
  /** CRC-32 of what its runner sent. */
  readonly crc: number;
  readonly tail: LogTail;
}

const rememberedMax = 10_000;
const unpack = promisify(gunzip);
const emptyHead: LogHead = { size: 0, crc: 0, tail: noTail };

/**
 * The ends of the logs that are written through this process. Only a guess: the statement that appends compares size
 * and checksum with the row, so an outdated one takes nothing in.
 */
@Injectable()
export class LogHeads {
  private readonly known = new Map<string, LogHead>();

  constructor(private readonly database: Database) {}

  /** The head of a log that is to go on at `offset`; null when the stored log ends elsewhere. */
  async at(jobId: number, tokenHash: Buffer, offset: number): Promise<LogHead | null> {
    const known = this.known.get(tokenHash.toString('base64'));
    if (known?.size === offset) return known;
    if (!known && offset === 0) return emptyHead;
    const stored = await this.read(jobId);
    return stored.size === offset ? stored : null;
  }

  note(tokenHash: Buffer, head: LogHead): void {
    const key = tokenHash.toString('base64');
    this.known.delete(key);
    this.known.set(key, head);
    const oldest = this.known.keys().next().value;
    if (this.known.size > rememberedMax && oldest !== undefined) this.known.delete(oldest);
  }

  /** What was known of a log is not to be believed any more. */
  forget(tokenHash: Buffer): void {
    this.known.delete(tokenHash.toString('base64'));
  }

  /** As it is stored now. */
  async read(jobId: number): Promise<LogHead> {
    const row = await this.database.first(traceHead, jobId);
    if (!row) return emptyHead;
    const seen = row.shown_context ?? Buffer.alloc(0);
    const hidden = row.tail ? await unpack(row.tail) : Buffer.alloc(0);
    return { size: row.size, crc: row.crc, tail: { context: Buffer.concat([seen, hidden]), hidden: hidden.length } };
  }
}
