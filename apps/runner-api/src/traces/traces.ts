import { crc32 } from 'node:zlib';

import { appendChunk, type AppendedChunk, Database, failHandout } from '@crosstie/domain';
import { Outbox } from '@crosstie/messaging';
import { Clock, CrosstieConfig, faultPoint, Logger } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { finishedEvent } from '../handouts/finished-event.js';
import { updateIntervalS } from '../handouts/job-address.js';
import { JobAuth, type JobCredential, NotYourJob } from '../handouts/job-auth.js';
import { signOfLifeBefore } from '../handouts/job-updates.js';
import { JobSecrets } from './job-secrets.js';
import { type LogHead, LogHeads } from './log-heads.js';
import { type MaskedChunk, Masker } from './masker.js';
import { compress } from './note-to-log.js';

export interface AppendOutcome {
  /** 416: the piece does not begin where the stored log ends; nothing was taken. */
  answer: 202 | 416;
  size: number;
  status: string;
  /** When its runner shall send again, in seconds. */
  intervalS: number;
}

/**
 * Takes logs piece by piece. What is counted and summed is what came; what is stored has its secrets made unreadable
 * by as many bytes, so that both agree on every offset. A piece may end inside a character.
 */
@Injectable()
export class Traces {
  constructor(
    private readonly database: Database,
    private readonly auth: JobAuth,
    private readonly secrets: JobSecrets,
    private readonly heads: LogHeads,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly config: CrosstieConfig,
    private readonly logger: Logger,
  ) {}

  /** Throws NotYourJob for any token but the one of a hand-out that runs, and when the log grew too long. */
  async append(
    request: FastifyRequest,
    jobId: number,
    credential: JobCredential,
    offset: number,
    bytes: Buffer,
  ): Promise<AppendOutcome> {
    const masker = await this.secrets.maskerFor(jobId, credential);
    const head = masker && (await this.heads.at(jobId, credential.tokenHash, offset));
    const row = head && (await this.store(jobId, credential, masker, head, bytes));
    if (row && row.size !== null) {
      await faultPoint('trace.after_append');
      const intervalS = updateIntervalS(row.watched_until, this.clock);
      return { answer: 202, size: row.size, status: row.status, intervalS };
    }
    this.heads.forget(credential.tokenHash);
    const job = await this.auth.explain(request, credential, jobId);
    if (row && offset + bytes.length > row.trace_size_max) return this.refuseLength(jobId, row.handout);
    const { size } = await this.heads.read(jobId);
    return { answer: 416, size, status: job.status, intervalS: updateIntervalS(null, this.clock) };
  }

  private async store(
    jobId: number,
    { tokenHash }: JobCredential,
    masker: Masker,
    head: LogHead,
    bytes: Buffer,
  ): Promise<AppendedChunk | null> {
    const masked = masker.mask(head.tail, bytes);
    const crc = crc32(bytes, head.crc);
    const at = [head.size, bytes.length, head.size - head.tail.hidden, masked.shown.length] as const;
    const body = masked.shown.length === 0 ? null : await compress(masked.shown);
    const times = [this.clock.now(), signOfLifeBefore(this.clock, this.config)] as const;
    const sums = [head.crc, crc] as const;
    const tail = await tailColumns(masked);
    const row = await this.database.first(appendChunk, jobId, tokenHash, ...at, body, ...sums, ...tail, ...times);
    if (row && row.size !== null) this.heads.note(tokenHash, { size: row.size, crc, tail: masked.tail });
    return row;
  }

  private async refuseLength(jobId: number, handout: number): Promise<never> {
    const end = await this.database.first(failHandout, jobId, handout, 'trace_size_exceeded', this.clock.now());
    if (end) this.outbox.publish([finishedEvent(end)]);
    this.logger.info('a job was failed: its log is too long', { jobId });
    throw new NotYourJob('failed');
  }
}

/** What was shown of the context, and what is hidden of it, packed as a chunk would be. */
async function tailColumns({ tail }: MaskedChunk): Promise<readonly [Buffer | null, Buffer | null, number]> {
  const seen = tail.context.subarray(0, tail.context.length - tail.hidden);
  const hidden = tail.context.subarray(seen.length);
  return [seen.length === 0 ? null : seen, hidden.length === 0 ? null : await compress(hidden), hidden.length];
}
