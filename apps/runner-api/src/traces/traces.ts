import { appendChunk, Database, failHandout, traceSize } from '@crosstie/domain';
import { Outbox } from '@crosstie/messaging';
import { Clock, CrosstieConfig, faultPoint, Logger } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { finishedEvent } from '../handouts/finished-event.js';
import { JobAuth, type JobCredential, NotYourJob } from '../handouts/job-auth.js';
import { signOfLifeBefore } from '../handouts/job-updates.js';
import { compress } from './note-to-log.js';

export interface AppendOutcome {
  /** 416: the piece does not begin where the stored log ends; nothing was taken. */
  answer: 202 | 416;
  size: number;
  status: string;
}

/** Takes logs piece by piece. Bytes are kept as they came: a piece may end inside a character. */
@Injectable()
export class Traces {
  constructor(
    private readonly database: Database,
    private readonly auth: JobAuth,
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
    const body = await compress(bytes);
    const before = signOfLifeBefore(this.clock, this.config);
    const piece = [offset, bytes.length, body, this.clock.now(), before] as const;
    const row = await this.database.first(appendChunk, jobId, credential.tokenHash, ...piece);
    if (row && row.size !== null) {
      await faultPoint('trace.after_append');
      return { answer: 202, size: row.size, status: row.status };
    }
    const job = await this.auth.explain(request, credential, jobId);
    if (row && offset + bytes.length > row.trace_size_max) return this.refuseLength(jobId, row.handout);
    const size = (await this.database.first(traceSize, jobId))?.size ?? 0;
    return { answer: 416, size, status: job.status };
  }

  private async refuseLength(jobId: number, handout: number): Promise<never> {
    const end = await this.database.first(failHandout, jobId, handout, 'trace_size_exceeded', this.clock.now());
    if (end) this.outbox.publish([finishedEvent(end)]);
    this.logger.info('a job was failed: its log is too long', { jobId });
    throw new NotYourJob('failed');
  }
}
