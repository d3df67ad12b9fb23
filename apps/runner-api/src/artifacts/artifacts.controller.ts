import { RequireCredential } from '@crosstie/access';
import { BadRequest, Clock, LimitRoute } from '@crosstie/platform';
import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { JobAuth } from '../handouts/job-auth.js';
import { jobIdOf } from '../handouts/job-address.js';
import { Artifacts } from './artifacts.js';
import { readUploadQuery } from './upload-query.js';

/** The stream itself counts and is cut at the project's limit; this is beyond any of them. */
const uploadBytesMax = 1024 ** 4;

/** Files up and down, with a job's token. */
@RequireCredential('the token of a job that runs')
@Controller('api/v4/jobs/:id/artifacts')
export class ArtifactsController {
  constructor(
    private readonly auth: JobAuth,
    private readonly artifacts: Artifacts,
    private readonly clock: Clock,
  ) {}

  /** One part called `file`, streamed to the store; its length is not known before its end. */
  @LimitRoute({ streamsParts: true, bodyBytesMax: uploadBytesMax })
  @Post()
  async upload(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const credential = this.auth.credential(request);
    const job = await this.auth.requireLive(request, credential, jobIdOf(id));
    const wanted = readUploadQuery(query, this.clock.now());
    if (!request.isMultipart()) throw new BadRequest('The body is not multipart/form-data');
    const part = await partOf(request);
    if (!part || part.fieldname !== 'file') {
      part?.file.resume();
      throw new BadRequest('file is missing');
    }
    // It is read a moment later; until then a broken connection must not be an error that nobody hears.
    part.file.once('error', () => undefined);
    await this.artifacts.take(job, credential, wanted, { filename: part.filename, content: part.file });
    void reply.status(201).send({ message: '201 Created' });
  }

  @Get()
  async download(@Req() request: FastifyRequest, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    const job = await this.auth.requireLive(request, this.auth.credential(request));
    const { filename, size, content } = await this.artifacts.open(job, jobIdOf(id));
    void reply
      .headers({
        'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(filename)}`,
        'content-security-policy': "sandbox; default-src 'none'",
        'content-length': String(size),
      })
      .type('application/octet-stream')
      .send(content);
  }
}

async function partOf(request: FastifyRequest) {
  try {
    return await request.file({
      limits: { files: 1, fields: 10, parts: 10, fieldSize: 1024, headerPairs: 20, fileSize: uploadBytesMax },
      throwFileSizeLimit: false,
    });
  } catch (error) {
    throw new BadRequest(`The form cannot be read: ${error instanceof Error ? error.message : 'broken'}`);
  }
}
