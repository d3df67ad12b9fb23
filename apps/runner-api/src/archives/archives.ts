import type { Readable } from 'node:stream';

import type { Level } from '@crosstie/access';
import {
  archiveOfRef,
  Artifact,
  Database,
  dropJobArtifacts,
  eraseJob,
  expireProjectArtifacts,
  Job,
  jobDefinitionPart,
  keepJobArtifacts,
  recordAudit,
} from '@crosstie/domain';
import { Clock, Conflict, Forbidden, Logger, NotFound, ObjectMissing, ObjectStore, Problem } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';

import { readDefinition } from '../payload/job-definition.js';
import { ArchiveFile } from './archive-file.js';
import { isSafePath, type ZipDirectory, ZipRefused } from './zip-directory.js';

export interface OpenedFile {
  name: string;
  size: number;
  content: Readable;
}

const reader: Level = 20;
const pipelinesLookedThrough = 1_000;
const expiredAtOnce = 5_000;

/** The files that jobs left, as people and tools get at them. Rights on the project are checked before. */
@Injectable()
export class Archives {
  constructor(
    private readonly database: Database,
    private readonly store: ObjectStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Throws NotFound. The job is looked for in this project alone. */
  async job(projectId: number, jobId: number): Promise<Job> {
    const job = await this.database.dataSource.getRepository(Job).findOneBy({ id: jobId, projectId });
    if (!job) throw new NotFound('Job');
    return job;
  }

  /** All kinds of files that a job left and that are still kept, in the order in which they came. */
  async filesOf(job: Job): Promise<Artifact[]> {
    const files = await this.database.dataSource
      .getRepository(Artifact)
      .find({ where: { jobId: job.id }, order: { id: 'ASC' } });
    return files.filter(({ expireAt }) => expireAt === null || expireAt > this.clock.now());
  }

  /** One of them. Throws NotFound. */
  async file(job: Job, fileType = 'archive'): Promise<Artifact> {
    const file = (await this.filesOf(job)).find((each) => each.fileType === fileType);
    if (!file) throw new NotFound('Artifacts');
    return file;
  }

  /** The newest job of a name on a branch or tag that ended well and has an archive. Throws NotFound. */
  async jobOfRef(projectId: number, ref: string, name: string): Promise<Job> {
    const found = await this.database.first(
      archiveOfRef,
      projectId,
      ref,
      name,
      this.clock.now(),
      pipelinesLookedThrough,
    );
    if (!found) throw new NotFound('Artifacts');
    return this.job(projectId, found.job_id);
  }

  /** The level that a person needs for the files of a job, as its `artifacts:access` says; null: nobody. */
  async levelFor(job: Job): Promise<Level | null> {
    const part = await this.database.first(jobDefinitionPart, job.pipelineId, job.attempt, job.index);
    const said = part && (await readDefinition(part.body, job.index)).artifacts;
    const access: unknown = said?.['access'] ?? (said?.['public'] === false ? 'developer' : 'all');
    if (access === 'none') return null;
    if (access === 'maintainer') return 40;
    return access === 'developer' ? 30 : reader;
  }

  /** The file as the runner sent it. */
  async whole(file: Artifact): Promise<OpenedFile> {
    const content = await this.stored(file, () => this.store.get(file.objectKey));
    return { name: file.filename, size: file.size, content };
  }

  /** What lies in an archive. Throws Unreadable with a sentence. */
  async directory(archive: Artifact): Promise<ZipDirectory> {
    return this.stored(archive, () => this.fileOf(archive).directory());
  }

  /** One file from inside an archive; nothing is unpacked to disk. Throws NotFound, or Unreadable with a sentence. */
  async inside(archive: Artifact, path: string): Promise<OpenedFile> {
    const entry = isSafePath(path) ? (await this.directory(archive)).entries.get(path) : undefined;
    if (!entry) throw new NotFound('File');
    const content = await this.stored(archive, () => this.fileOf(archive).open(entry));
    return { name: path.split('/').at(-1) ?? path, size: entry.size, content };
  }

  /** Keeps the files of a job for good. Throws NotFound when it has none. */
  async keep(job: Job): Promise<void> {
    const kept = await this.database.run(keepJobArtifacts, job.projectId, job.id, this.clock.now());
    if (kept.length === 0) throw new NotFound('Artifacts');
  }

  /** Removes the files of a job. Harmless when it has none. */
  async remove(job: Job): Promise<void> {
    const dropped = await this.database.run(dropJobArtifacts, job.projectId, job.id, []);
    for (const { object_key: key } of dropped) await this.dropObject(key);
  }

  /**
   * Takes log and files from an ended job, in somebody's name. Throws Conflict for a job that is not over, Forbidden
   * for one that was erased before.
   */
  async erase(job: Job, userId: number | null): Promise<Date> {
    if (job.erasedAt !== null) throw new Forbidden('Job has been erased already.');
    const erased = await this.database.transaction(async (tx) => {
      const row = await tx.first(eraseJob, job.projectId, job.id, this.clock.now());
      if (row) {
        const about = { action: 'job.erased', entityType: 'job', entityId: job.id } as const;
        await recordAudit(tx, { actorId: userId, ...about, details: {} });
      }
      return row;
    });
    if (!erased) throw new Conflict('The job is not over: cancel it first, then erase it.');
    for (const key of erased.object_keys) await this.dropObject(key);
    return erased.erased_at;
  }

  /** Lets the sweep remove the files of all ended jobs of a project. */
  async expireAll(projectId: number): Promise<void> {
    for (;;) {
      const expired = await this.database.run(expireProjectArtifacts, projectId, this.clock.now(), expiredAtOnce);
      if (expired.length < expiredAtOnce) return;
    }
  }

  private fileOf(archive: Artifact): ArchiveFile {
    if (archive.fileFormat !== 'zip') throw new Unreadable('Only zip archives can be looked into.');
    return new ArchiveFile(this.store, archive.objectKey, archive.size);
  }

  private async stored<T>(file: Artifact, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof ZipRefused) throw new Unreadable(error.message);
      if (!(error instanceof ObjectMissing)) throw error;
      this.logger.error('an artifact is gone from the store', { jobId: file.jobId, objectKey: file.objectKey });
      throw new NotFound('Artifacts');
    }
  }

  // Nothing names it any more: what cannot be removed now is found by the sweep.
  private async dropObject(key: string): Promise<void> {
    await this.store.remove(key).catch((error: unknown) => {
      this.logger.warn('a removed artifact stays in the store for now', { err: error, objectKey: key });
    });
  }
}

/** An archive that is there and cannot be looked into. */
export class Unreadable extends Problem {
  constructor(sentence: string) {
    super(422, { message: sentence }, 'archive_unreadable');
  }
}
