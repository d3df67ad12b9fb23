import { RequireCredential } from '@crosstie/access';
import { LimitRoute } from '@crosstie/platform';
import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Managers } from '../runners/managers.js';
import { type KnownRunner, RunnerAuth } from '../runners/runner-auth.js';
import { type RunnerBody, readRunnerBody } from '../runners/runner-body.js';
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
  async request(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const said = takeBody(request);
    const connection = connectionOf(reply);
    const busy = this.recall(request, said);
    const { runner, managerId } = busy ?? (await this.authenticate(request, said));
    // The version changes with the runner alone: a held request looks by itself before it waits, so that a job
    // cannot be missed, and a runner is not sent away and back for each job that comes.
    const version = `r${runner.id}.${runner.version}`;
    void reply.header('x-gitlab-last-update', version);
    const claim = await this.requests.answer(
      { runner, managerId, features: said.info.features },
      {
        mayWait: said.lastUpdate === version && !runner.paused,
        isStillHere: async () => !busy || (await this.auth.require(request, said)).version === runner.version,
      },
      connection,
    );
    if (claim) this.auth.remember(runner);
    if (connection.isGone()) {
      if (claim) await this.requests.giveBack(claim);
      reply.hijack();
      return;
    }
    if (!claim) return void reply.status(204).send();
    this.requests.watchDelivery(claim, reply.raw);
    void reply.status(201).type('application/json').send(JSON.stringify(claim.payload));
  }

  // Who was just given a job mostly gets the next one: the claim itself checks the runner, so nothing else has to.
  private recall(request: FastifyRequest, said: RunnerBody): Asking | null {
    const runner = this.auth.recall(request, said);
    const managerId = runner && this.managers.known(runner.id, said.systemId, said.info, request.ip);
    return runner && managerId !== null ? { runner, managerId } : null;
  }

  private async authenticate(request: FastifyRequest, said: RunnerBody): Promise<Asking> {
    const runner = await this.auth.require(request, said);
    return { runner, managerId: await this.managers.heard(runner.id, said.systemId, said.info, request.ip) };
  }
}

/** What it says; its bytes are let go, since the request may be held for a minute with ten thousand others. */
function takeBody(request: FastifyRequest): RunnerBody {
  const said = readRunnerBody(request.body);
  request.body = undefined;
  delete request.rawBody;
  return said;
}

interface Asking {
  runner: KnownRunner;
  managerId: number;
}
