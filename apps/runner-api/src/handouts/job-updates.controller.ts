import { RequireCredential } from '@crosstie/access';
import { LimitRoute } from '@crosstie/platform';
import { Body, Controller, Get, HttpCode, Param, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { JobAuth } from './job-auth.js';
import { jobIdOf } from './job-address.js';
import { JobUpdates } from './job-updates.js';
import { readJobUpdate } from './job-update-body.js';
import { toRunningJob } from './running-job.js';

/** What a runner tells of a job it was given, and what a job may know of itself. */
@RequireCredential('the token of a job that runs')
@Controller('api/v4')
export class JobUpdatesController {
  constructor(
    private readonly auth: JobAuth,
    private readonly updates: JobUpdates,
  ) {}

  @LimitRoute({ bodyBytesMax: 64 * 1024 })
  @Put('jobs/:id')
  @HttpCode(200)
  async update(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const update = readJobUpdate(body);
    const credential = this.auth.credential(request, update.token);
    const outcome = await this.updates.take(request, jobIdOf(id), credential, update);
    void reply.status(outcome.answer).type('text/plain');
    void reply.headers({ 'job-status': outcome.status, 'x-gitlab-trace-update-interval': String(outcome.intervalS) });
    return String(outcome.answer);
  }

  @Get('job')
  async own(@Req() request: FastifyRequest) {
    return toRunningJob(await this.auth.requireLive(request, this.auth.credential(request)));
  }
}
