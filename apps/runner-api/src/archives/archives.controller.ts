import { RequireCredential } from '@crosstie/access';
import type { Artifact, Job } from '@crosstie/domain';
import { BadRequest, Forbidden, NotFound, RecordId } from '@crosstie/platform';
import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ArchiveCallers, archiveCredential, type CallersProject } from './archive-callers.js';
import { Archives, type OpenedFile } from './archives.js';
import { headersOfFile } from './served-type.js';

const jobId = new RecordId('Job');
const reporter = 20;
const developer = 30;
const maintainer = 40;

/** The files of jobs in GitLab's words. Files are streamed, never redirected: clients would take their token along. */
@RequireCredential(archiveCredential)
@Controller('api/v4/projects/:id')
export class ArchivesController {
  constructor(
    private readonly callers: ArchiveCallers,
    private readonly archives: Archives,
  ) {}

  /** The archive, or with `file_type` another kind of file that the job left. */
  @Get('jobs/:job_id/artifacts')
  async download(
    @Req() request: FastifyRequest,
    @Param('id') ref: string,
    @Param('job_id', jobId) id: number,
    @Query('file_type') fileType: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.readable(request, ref, (project) => this.archives.job(project.id, id));
    const file = await this.archives.file(job, typeof fileType === 'string' ? fileType : 'archive');
    await send(reply, await this.archives.whole(file), wholeType(file));
  }

  @Get('jobs/:job_id/artifacts/*')
  async file(
    @Req() request: FastifyRequest,
    @Param('id') ref: string,
    @Param('job_id', jobId) id: number,
    @Param('*') path: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const job = await this.readable(request, ref, (project) => this.archives.job(project.id, id));
    await send(reply, await this.archives.inside(await this.archives.file(job), path));
  }

  /** `REF/download?job=` and `REF/raw/PATH?job=`; a ref has slashes of its own. */
  @Get('jobs/artifacts/*')
  async ofRef(
    @Req() request: FastifyRequest,
    @Param('id') ref: string,
    @Param('*') rest: string,
    @Query('job') name: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wanted = /^(?:(?<whole>.+)\/download|(?<branch>.+?)\/raw\/(?<path>.+))$/.exec(rest)?.groups;
    if (!wanted) throw new NotFound();
    if (typeof name !== 'string' || name === '') throw new BadRequest('job is missing');
    const branch = wanted['whole'] ?? wanted['branch'] ?? '';
    const job = await this.readable(request, ref, (project) => this.archives.jobOfRef(project.id, branch, name));
    const archive = await this.archives.file(job);
    const path = wanted['path'];
    if (path === undefined) await send(reply, await this.archives.whole(archive), wholeType(archive));
    else await send(reply, await this.archives.inside(archive, path));
  }

  @Post('jobs/:job_id/artifacts/keep')
  @HttpCode(200)
  async keep(@Req() request: FastifyRequest, @Param('id') ref: string, @Param('job_id', jobId) id: number) {
    const project = await this.callers.project(request, ref, developer, 'api');
    const job = await this.archives.job(project.id, id);
    await this.archives.keep(job);
    return { id: job.id, name: job.name, status: job.status, artifacts_expire_at: null };
  }

  /** By who may delete it, or by the person whose job it was. */
  @Post('jobs/:job_id/erase')
  @HttpCode(201)
  async erase(@Req() request: FastifyRequest, @Param('id') ref: string, @Param('job_id', jobId) id: number) {
    const project = await this.callers.project(request, ref, developer, 'api');
    const job = await this.archives.job(project.id, id);
    if (job.userId === null || job.userId !== project.userId) await project.requireLevel(maintainer);
    const erasedAt = await this.archives.erase(job, project.userId);
    const { name, stage, status } = job;
    return { id: job.id, name, stage, status, erased_at: erasedAt.toISOString(), artifacts: [] };
  }

  @Delete('jobs/:job_id/artifacts')
  @HttpCode(204)
  async remove(
    @Req() request: FastifyRequest,
    @Param('id') ref: string,
    @Param('job_id', jobId) id: number,
  ): Promise<void> {
    const project = await this.callers.project(request, ref, maintainer, 'api');
    await this.archives.remove(await this.archives.job(project.id, id));
  }

  /** Done by the sweep, in its own time. */
  @Delete('artifacts')
  @HttpCode(202)
  async removeAll(@Req() request: FastifyRequest, @Param('id') ref: string): Promise<{ message: string }> {
    const project = await this.callers.project(request, ref, maintainer, 'api');
    await this.archives.expireAll(project.id);
    return { message: '202 Accepted' };
  }

  private async readable(
    request: FastifyRequest,
    ref: string,
    find: (project: CallersProject) => Promise<Job>,
  ): Promise<Job> {
    const project = await this.callers.project(request, ref, reporter, 'read_api');
    const job = await find(project);
    const level = await this.archives.levelFor(job);
    if (level === null) throw new Forbidden('The artifacts of this job are for nobody: artifacts:access is none.');
    await project.requireLevel(level);
    return job;
  }
}

function wholeType({ fileFormat }: Artifact): string {
  return fileFormat === 'zip' ? 'application/zip' : 'application/octet-stream';
}

async function send(reply: FastifyReply, { name, size, content }: OpenedFile, wholeAs?: string): Promise<void> {
  const headers = headersOfFile(name, size);
  if (wholeAs !== undefined) {
    headers['content-type'] = wholeAs;
    headers['content-disposition'] = `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;
  }
  await reply.headers(headers).send(content);
}
