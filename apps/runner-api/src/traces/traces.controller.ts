import { RequireCredential } from '@crosstie/access';
import { BadRequest, LimitRoute } from '@crosstie/platform';
import { Body, Controller, Param, Patch, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { JobAuth } from '../handouts/job-auth.js';
import { jobIdOf } from '../handouts/job-address.js';
import { startOf } from './content-range.js';
import { Traces } from './traces.js';

const chunkBytesMax = 1024 * 1024;

/** Where runners send the logs of their jobs. */
@RequireCredential('the token of a job that runs')
@Controller('api/v4/jobs/:id')
export class TracesController {
  constructor(
    private readonly auth: JobAuth,
    private readonly traces: Traces,
  ) {}

  @LimitRoute({ bodyBytesMax: chunkBytesMax, rawBody: true })
  @Patch('trace')
  async append(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const credential = this.auth.credential(request);
    const jobId = jobIdOf(id);
    const offset = startOf(request.headers['content-range']);
    if (!Buffer.isBuffer(body) || body.length === 0) throw new BadRequest('The body is empty');
    const outcome = await this.traces.append(request, jobId, credential, offset, body);
    void reply.status(outcome.answer).type('text/plain');
    void reply.headers({
      range: `0-${outcome.size}`,
      'job-status': outcome.status,
      'x-gitlab-trace-update-interval': String(outcome.intervalS),
    });
    return outcome.answer === 202 ? `0-${outcome.size}` : 'Range Not Satisfiable';
  }
}
