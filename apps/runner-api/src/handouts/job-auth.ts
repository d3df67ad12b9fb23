import { Database, heldJob, type HeldJob, tokenHash } from '@crosstie/domain';
import { Problem, Secret } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { BadTokens } from '../runners/bad-tokens.js';

/** What a call about a job is refused with: always the same, so that nothing is learned about other jobs. */
export class NotYourJob extends Problem {
  /** @param status told only to who holds the token of this job: its runner learns how it ended */
  constructor(status?: string) {
    super(403, { message: '403 Forbidden' }, 'not_your_job', status === undefined ? {} : { 'job-status': status });
  }
}

export interface JobCredential {
  token: Secret;
  tokenHash: Buffer;
}

/** Jobs by their tokens. A token opens its own job, while a runner holds that hand-out, and nothing else. */
@Injectable()
export class JobAuth {
  constructor(
    private readonly database: Database,
    private readonly badTokens: BadTokens,
  ) {}

  /** The token that came with a call, by header or body. Throws NotYourJob when there is none. */
  credential(request: FastifyRequest, bodyToken?: unknown): JobCredential {
    const header = request.headers['job-token'];
    const token = typeof header === 'string' && header !== '' ? header : bodyToken;
    if (typeof token !== 'string' || !token.startsWith('glcbt-') || token.length > 100) this.refuse(request);
    const hash = tokenHash(token);
    this.badTokens.admit(request.ip, hash);
    return { token: new Secret(token), tokenHash: hash };
  }

  /** The job of the token, while it runs. Throws NotYourJob for any other. */
  async requireLive(request: FastifyRequest, { tokenHash: hash }: JobCredential, jobId?: number): Promise<HeldJob> {
    const job = await this.database.first(heldJob, hash);
    if (!job || (jobId !== undefined && job.job_id !== jobId)) this.refuse(request);
    this.badTokens.noteGood(hash);
    if (job.status !== 'running' && job.status !== 'canceling') throw new NotYourJob(job.status);
    return job;
  }

  /** After a statement found no job that runs under this token: says why. Returns the job if it runs after all. */
  explain(request: FastifyRequest, credential: JobCredential, jobId: number): Promise<HeldJob> {
    return this.requireLive(request, credential, jobId);
  }

  private refuse(request: FastifyRequest): never {
    this.badTokens.noteBad(request.ip);
    throw new NotYourJob();
  }
}
