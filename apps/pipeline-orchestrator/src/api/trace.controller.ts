import { Readable } from 'node:stream';

import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { RecordId } from '@crosstie/platform';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { readByteRange } from './byte-range.js';
import { JobReads } from './job-reads.js';
import { ProjectId } from './project-id.pipe.js';
import { TraceReader } from '../logs/trace-reader.js';

@Controller('api/v4/projects/:id/jobs/:job_id/trace')
export class TraceController {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(JobReads) private readonly jobs: JobReads,
    @Inject(TraceReader) private readonly traces: TraceReader,
  ) {}

  /** The whole log as it is now, empty while there is none, or the range of it that is asked for. */
  @Get()
  @RequireScope('read_api')
  async get(
    @CurrentActor() actor: Actor,
    @Param('id', ProjectId) projectId: number,
    @Param('job_id', new RecordId('Job')) id: number,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.access.require(actor, 20, projectId);
    await this.jobs.find(projectId, id);
    const size = await this.traces.size(id);
    const range = readByteRange(request.headers.range, size);
    void reply.headers({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `inline; filename="job-${id}.log"`,
      'content-security-policy': "sandbox; default-src 'none'",
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
    });
    if (range === 'unsatisfiable') {
      await reply.status(416).header('content-range', `bytes */${size}`).send('');
      return;
    }
    const { first, last } = range === 'whole' ? { first: 0, last: size - 1 } : range;
    if (range !== 'whole') void reply.status(206).header('content-range', `bytes ${first}-${last}/${size}`);
    void reply.header('content-length', last - first + 1);
    await reply.send(Readable.from(this.traces.read(id, first, last)));
  }
}
