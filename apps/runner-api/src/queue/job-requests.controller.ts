import { RequireCredential } from '@crosstie/access';
import { LimitRoute } from '@crosstie/platform';
import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Managers } from '../runners/managers.js';
import { RunnerAuth } from '../runners/runner-auth.js';
import { readRunnerBody } from '../runners/runner-body.js';
import { connectionOf } from './connection.js';
import { JobRequests } from './job-requests.js';

/** Where runners ask for jobs. */
@RequireCredential('the token of a runner')
@Controller('api/v4/jobs')
export class JobRequestsController {
  constructor(
    private readonly auth: RunnerAuth,
    private readonly managers: Managers,
    private readonly requests: JobRequests,
  ) {}

  /** 201 with a job, or 204 with the version of the queue that the runner sends back next time. */
  @LimitRoute({ bodyBytesMax: 64 * 1024 })
  @Post('request')
  async request(@Req() request: FastifyRequest, @Body() body: unknown, @Res() reply: FastifyReply): Promise<void> {
    const said = readRunnerBody(body);
    const runner = await this.auth.require(request, said);
    const managerId = await this.managers.heard(runner.id, said.systemId, said.info, request.ip);
    // The version changes with the runner alone: a held request looks by itself before it waits, so that a job
    // cannot be missed, and a runner is not sent away and back for each job that comes.
    const version = `r${runner.id}.${runner.version}`;
    void reply.header('x-gitlab-last-update', version);
    const connection = connectionOf(reply);
    const acknowledges = said.info.features.has('two_phase_job_commit');
    const mayWait = said.lastUpdate === version && !runner.paused;
    const claim = await this.requests.answer({ runner, managerId, acknowledges }, mayWait, connection);
    if (connection.isGone()) {
      if (claim) await this.requests.giveBack(claim);
      reply.hijack();
      return;
    }
    if (!claim) return void reply.status(204).send();
    this.requests.watchDelivery(claim, reply.raw);
    void reply.status(201).type('application/json').send(JSON.stringify(claim.payload));
  }
}
