import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import {
  Database,
  findArtifact,
  type FoundArtifact,
  type HeldJob,
  jobDefinitionPart,
  storeArtifact,
  storeDotenv,
} from '@crosstie/domain';
import {
  BadRequest,
  Clock,
  faultPoint,
  Logger,
  metrics,
  NotFound,
  objectKey,
  ObjectMissing,
  ObjectStore,
  Problem,
  type StoredObject,
  Unavailable,
} from '@crosstie/platform';
import { Injectable } from '@nestjs/common';

import { type JobCredential, NotYourJob } from '../handouts/job-auth.js';
import { dependencyNames, readDefinition } from '../payload/job-definition.js';
import { dotenvBytesMax, parseDotenv } from './dotenv.js';
import { safeFileName, type UploadQuery } from './upload-query.js';

/** Packed it is shorter in all but odd cases. */
const dotenvPackedMax = 64 * 1_024;
const unpack = promisify(gunzip);
const storeErrors = metrics.counter('object_store_errors_total', 'Artifacts that could not be put or got', []);

/** More than the project allows; the runner does not try again. */
export class ArtifactTooLarge extends Problem {
  constructor() {
    super(413, { message: '413 Payload Too Large' }, 'artifact_too_large', { connection: 'close' });
  }
}

export interface OpenedArtifact {
  filename: string;
  size: number;
  content: Readable;
}

/** Files that jobs leave, and those that they get from the jobs before them. */
@Injectable()
export class Artifacts {
  constructor(
    private readonly database: Database,
    private readonly store: ObjectStore,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Takes a file of a job that runs, in place of an earlier one of its type. The object is whole before the row
   * names it. Throws ArtifactTooLarge while reading, NotYourJob when the job ended meanwhile.
   */
  async take(
    job: HeldJob,
    { tokenHash }: JobCredential,
    query: UploadQuery,
    file: { filename: string; content: Readable },
  ): Promise<void> {
    const pieces = limited(file.content, job.artifact_size_max);
    const content = query.fileType === 'dotenv' ? await this.takeDotenv(job, tokenHash, query, pieces) : pieces;
    const key = objectKey('artifacts');
    const { size, sha256 } = await this.put(key, Readable.from(content));
    await faultPoint('artifact.after_put');
    const kind = [query.fileType, query.fileFormat, safeFileName(file.filename)] as const;
    const what = [...kind, size, sha256, key, query.expireAt, this.clock.now()] as const;
    const row = await this.database.first(storeArtifact, job.job_id, tokenHash, ...what).catch(async (error) => {
      await this.store.remove(key);
      throw error;
    });
    if (!row) {
      await this.store.remove(key);
      throw new NotYourJob();
    }
    if (row.replaced_key !== null && row.replaced_key !== key) await this.drop(row.replaced_key);
  }

  /**
   * The archive of a job, for a job that runs and depends on it, or for itself. Throws NotYourJob for every
   * other job, whether there is one or not; NotFound when it left nothing.
   */
  async open(job: HeldJob, jobId: number): Promise<OpenedArtifact> {
    const found = await this.database.first(findArtifact, jobId, 'archive', this.clock.now());
    if (!found || !(await this.mayRead(job, found))) throw new NotYourJob();
    if (found.object_key === null || found.filename === null || found.size === null) throw new NotFound('Artifacts');
    try {
      const content = await this.store.get(found.object_key);
      return { filename: found.filename, size: found.size, content };
    } catch (error) {
      if (!(error instanceof ObjectMissing)) throw this.unavailable(error);
      this.logger.error('an artifact is gone from the store', { jobId, objectKey: found.object_key });
      throw new NotFound('Artifacts');
    }
  }

  private async put(key: string, content: Readable): Promise<StoredObject> {
    try {
      return await this.store.put(key, content);
    } catch (error) {
      throw error instanceof Problem ? error : this.unavailable(error);
    }
  }

  // Runners try again after a 503, also where their own connection was what broke.
  private unavailable(error: unknown): Unavailable {
    storeErrors.inc();
    this.logger.warn('the object store could not be used', { err: error });
    return new Unavailable('The object store cannot be used now; try again.');
  }

  /** A dotenv report is short, and later jobs get its variables, so it is read before it is stored. */
  private async takeDotenv(
    job: HeldJob,
    tokenHash: Buffer,
    { fileFormat }: UploadQuery,
    pieces: AsyncIterable<Buffer>,
  ): Promise<Buffer[]> {
    const sent: Buffer[] = [];
    let length = 0;
    for await (const piece of pieces) {
      length += piece.length;
      if (length > dotenvPackedMax) throw new BadRequest('The dotenv report is too long', 'dotenv');
      sent.push(piece);
    }
    const bytes = Buffer.concat(sent);
    const variables = parseDotenv(fileFormat === 'gzip' ? await unpacked(bytes) : bytes);
    const now = this.clock.now();
    const row = await this.database.first(storeDotenv, job.job_id, tokenHash, JSON.stringify(variables), now);
    if (!row) throw new NotYourJob();
    return sent;
  }

  private async mayRead(job: HeldJob, found: FoundArtifact): Promise<boolean> {
    if (found.job_id === job.job_id) return true;
    const sameRun = found.pipeline_id === job.pipeline_id && found.attempt === job.attempt && !found.retried;
    if (!sameRun || !['success', 'failed'].includes(found.status)) return false;
    const part = await this.database.first(jobDefinitionPart, job.pipeline_id, job.attempt, job.index);
    if (!part) return false;
    const names = dependencyNames(await readDefinition(part.body, job.index));
    return names === null ? found.stage_index < job.stage_index : names.includes(found.name);
  }

  private async drop(key: string): Promise<void> {
    await this.store.remove(key).catch((error: unknown) => {
      this.logger.warn('a replaced artifact could not be removed from the store', { err: error, objectKey: key });
    });
  }
}

async function unpacked(bytes: Buffer): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: dotenvBytesMax });
  } catch {
    throw new BadRequest(`The dotenv report is not gzip, or longer than ${dotenvBytesMax} bytes`, 'dotenv');
  }
}

/** Reads only when the store asks, so that no error can come before somebody listens. */
async function* limited(content: Readable, bytesMax: number): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > bytesMax) throw new ArtifactTooLarge();
      yield chunk;
    }
  } catch (error) {
    // It is the sender's end that broke, not the store.
    throw error instanceof Problem ? error : new BadRequest('The file broke off');
  }
}
