import { Access, type Actor, CurrentActor, RequireScope } from '@crosstie/access';
import { type Artifact, Database, Job } from '@crosstie/domain';
import { BadRequest, NotFound, RecordId } from '@crosstie/platform';
import { Controller, Get, Param, Query } from '@nestjs/common';

import { Archives } from './archives.js';
import { type ArchiveEntry, entriesIn } from './archive-entries.js';

const jobId = new RecordId('Job');
const guest = 10;
const entriesPerPage = 500;

/** One kind of file of a job. */
export interface FileView {
  file_type: string;
  file_format: string;
  filename: string;
  size: number;
  created_at: string;
  expire_at: string | null;
  /** Where it is downloaded from. */
  url: string;
}

export interface FilesView {
  job_id: number;
  project_id: number;
  files: FileView[];
  /** Whether this person may download and look into them, and if not why. */
  may_read: { allowed: boolean; reason: string | null };
}

export interface EntriesView {
  /** The folder: empty, or ending in a slash. */
  path: string;
  entries: ArchiveEntry[];
  /** Null on the last page. */
  next_page: number | null;
  /** Entries of the whole archive that are never shown: links, encrypted ones, names that lead out of it. */
  left_out: number;
}

/** What GitLab's API has no word for about the files of a job. */
@Controller('api/crosstie/v1/jobs/:id/artifacts')
export class ArchiveViewsController {
  constructor(
    private readonly access: Access,
    private readonly database: Database,
    private readonly archives: Archives,
  ) {}

  @Get()
  @RequireScope('read_api')
  async files(@CurrentActor() actor: Actor, @Param('id', jobId) id: number): Promise<FilesView> {
    const job = await this.visible(actor, id);
    const files = await this.archives.filesOf(job);
    const refused = await this.refusal(actor, job);
    return {
      job_id: job.id,
      project_id: job.projectId,
      files: files.map(toFileView),
      may_read: { allowed: refused === null, reason: refused },
    };
  }

  /** The folder `path` of the archive, its folders first. */
  @Get('entries')
  @RequireScope('read_api')
  async entries(
    @CurrentActor() actor: Actor,
    @Param('id', jobId) id: number,
    @Query('path') path: unknown = '',
    @Query('page') page: unknown = '1',
  ): Promise<EntriesView> {
    if (typeof path !== 'string' || path.length > 4_096) throw new BadRequest('path is not a path');
    if (typeof page !== 'string' || !/^[1-9]\d{0,5}$/.test(page)) throw new BadRequest('page is not a number');
    const job = await this.visible(actor, id);
    await this.access.require(actor, (await this.archives.levelFor(job)) ?? 50, job.projectId);
    const { entries, leftOut } = await this.archives.directory(await this.archives.file(job));
    const folder = path === '' || path.endsWith('/') ? path : `${path}/`;
    const inside = entriesIn(entries, folder);
    if (inside.length === 0 && folder !== '') throw new NotFound('Folder');
    const until = Number(page) * entriesPerPage;
    return {
      path: folder,
      entries: inside.slice(until - entriesPerPage, until),
      next_page: inside.length > until ? Number(page) + 1 : null,
      left_out: leftOut,
    };
  }

  private async visible(actor: Actor, id: number): Promise<Job> {
    const job = await this.database.dataSource.getRepository(Job).findOneBy({ id });
    if (!job || !(await this.access.allows(actor.userId, guest, job.projectId))) throw new NotFound('Job');
    return job;
  }

  private async refusal(actor: Actor, job: Job): Promise<string | null> {
    const level = await this.archives.levelFor(job);
    if (level === null) return 'The artifacts of this job are for nobody: artifacts:access is none.';
    return this.access.require(actor, level, job.projectId).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : 'You may not read them.'),
    );
  }
}

function toFileView(file: Artifact): FileView {
  const { fileType, fileFormat, filename, size, createdAt, expireAt } = file;
  const query = fileType === 'archive' ? '' : `?file_type=${fileType}`;
  return {
    file_type: fileType,
    file_format: fileFormat,
    filename,
    size,
    created_at: createdAt.toISOString(),
    expire_at: expireAt?.toISOString() ?? null,
    url: `/api/v4/projects/${file.projectId}/jobs/${file.jobId}/artifacts${query}`,
  };
}
