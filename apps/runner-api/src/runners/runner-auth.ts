import { authenticateRunner, type AuthenticatedRunner, Database, tokenHash } from '@crosstie/domain';
import { Clock, Forbidden } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { BadTokens } from './bad-tokens.js';
import type { RunnerBody } from './runner-body.js';

const busyMax = 10_000;
const busyMs = 60_000;

export interface KnownRunner extends AuthenticatedRunner {
  tokenHash: Buffer;
}

/** Finds the runner that speaks, by the token of its header or body. */
@Injectable()
export class RunnerAuth {
  private readonly busy = new Map<string, { runner: KnownRunner; until: number }>();

  constructor(
    private readonly database: Database,
    private readonly badTokens: BadTokens,
    private readonly clock: Clock,
  ) {}

  /**
   * Throws Forbidden for a token that is unknown, replaced, expired or no token at all. Never 401 or 404:
   * on those a runner goes on asking for ever.
   */
  async require(request: FastifyRequest, body: RunnerBody): Promise<KnownRunner> {
    const token = tokenOf(request, body);
    const hash = tokenHash(token ?? '');
    this.badTokens.admit(request.ip, hash);
    const runner = token ? await this.database.first(authenticateRunner, hash, this.clock.now()) : null;
    if (!runner) {
      this.badTokens.noteBad(request.ip);
      throw new Forbidden();
    }
    this.badTokens.noteGood(hash);
    return { ...runner, tokenHash: hash };
  }

  /**
   * The runner as it was when it was last given a job, not checked again: only for a claim, which checks its token,
   * version and pause itself. Null when its last request brought none, or was long ago.
   */
  recall(request: FastifyRequest, body: RunnerBody): KnownRunner | null {
    const key = tokenHash(tokenOf(request, body) ?? '').toString('base64');
    const known = this.busy.get(key);
    this.busy.delete(key);
    return known && known.until > this.clock.ms() ? known.runner : null;
  }

  /** It was given a job, so it is likely to ask for the next one soon. */
  remember(runner: KnownRunner): void {
    if (this.busy.size >= busyMax) this.busy.clear();
    this.busy.set(runner.tokenHash.toString('base64'), { runner, until: this.clock.ms() + busyMs });
  }
}

function tokenOf(request: FastifyRequest, body: RunnerBody): string | null {
  const header = request.headers['runner-token'];
  return typeof header === 'string' && header !== '' ? header : body.token;
}
