import { RequireCredential } from '@crosstie/access';
import { Database, removeRunner, replaceRunnerToken, tokenHash } from '@crosstie/domain';
import { BadRequest, Clock, CrosstieConfig, Forbidden, Gone, LimitRoute, NotFound, Problem } from '@crosstie/platform';
import { Body, Controller, Delete, Get, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { Managers } from './managers.js';
import { RunnerAuth } from './runner-auth.js';
import { readRunnerBody } from './runner-body.js';
import { newRunnerToken, runnerTokenEnd } from './tokens.js';

interface RunnerAnswer {
  id: number;
  token: string;
  token_expires_at: Date | null;
}

/** What a runner does about itself: is it known, forget this host, another token. */
@RequireCredential('the token of a runner')
@LimitRoute({ bodyBytesMax: 64 * 1024 })
@Controller('api/v4/runners')
export class RunnerLifecycleController {
  constructor(
    private readonly auth: RunnerAuth,
    private readonly managers: Managers,
    private readonly database: Database,
    private readonly config: CrosstieConfig,
    private readonly clock: Clock,
  ) {}

  @Post()
  register(): never {
    throw new Gone(
      '410 Gone - Registration tokens are not supported. Create the runner in Crosstie and use the token it shows.',
    );
  }

  @Post('verify')
  @HttpCode(200)
  async verify(@Req() request: FastifyRequest, @Body() body: unknown): Promise<RunnerAnswer> {
    const said = readRunnerBody(body);
    const runner = await this.auth.require(request, said);
    await this.managers.heard(runner.id, said.systemId, said.info, request.ip);
    return { id: runner.id, token: tokenOf(request, said.token), token_expires_at: runner.token_expires_at };
  }

  @Delete()
  @HttpCode(204)
  async remove(@Req() request: FastifyRequest, @Body() body: unknown): Promise<void> {
    const runner = await this.auth.require(request, readRunnerBody(body));
    await this.database.run(removeRunner, runner.id);
  }

  @Delete('managers')
  @HttpCode(204)
  async removeManager(@Req() request: FastifyRequest, @Body() body: unknown): Promise<void> {
    const said = readRunnerBody(body);
    const runner = await this.auth.require(request, said);
    if (said.systemId === '') throw new BadRequest('system_id is missing');
    if (!(await this.managers.remove(runner.id, said.systemId))) throw new NotFound('Runner Manager');
  }

  /** The token comes in the body alone here. */
  @Post('reset_authentication_token')
  @HttpCode(201)
  async resetToken(@Req() request: FastifyRequest, @Body() body: unknown) {
    const runner = await this.auth.require(request, readRunnerBody(body));
    const token = newRunnerToken();
    const end = runnerTokenEnd(this.config, this.clock);
    const row = await this.database.first(replaceRunnerToken, runner.id, tokenHash(token), end);
    if (!row) throw new Forbidden();
    return { token, token_expires_at: row.token_expires_at };
  }

  @Get('router/discovery')
  discover(): never {
    throw new Problem(501, { message: '501 Not Implemented - Jobs are requested over HTTP.' }, 'no_job_router');
  }
}

function tokenOf(request: FastifyRequest, bodyToken: string | null): string {
  const header = request.headers['runner-token'];
  return typeof header === 'string' && header !== '' ? header : (bodyToken ?? '');
}
