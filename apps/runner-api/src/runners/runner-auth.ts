import { authenticateRunner, type AuthenticatedRunner, Database } from '@crosstie/domain';
import { Clock, Forbidden } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { BadTokens } from './bad-tokens.js';
import type { RunnerBody } from './runner-body.js';
import { hashOf } from './tokens.js';

export interface KnownRunner extends AuthenticatedRunner {
  tokenHash: Buffer;
}

/** Finds the runner that speaks, by the token of its header or body. */
@Injectable()
export class RunnerAuth {
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
    const header = request.headers['runner-token'];
    const token = typeof header === 'string' && header !== '' ? header : body.token;
    const tokenHash = hashOf(token ?? '');
    this.badTokens.admit(request.ip, tokenHash);
    const runner = token ? await this.database.first(authenticateRunner, tokenHash, this.clock.now()) : null;
    if (!runner) {
      this.badTokens.noteBad(request.ip);
      throw new Forbidden();
    }
    this.badTokens.noteGood(tokenHash);
    return { ...runner, tokenHash };
  }
}
