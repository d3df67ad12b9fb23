import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { Database, jobDefinitionPart } from '@crosstie/domain';
import { Inject, Injectable } from '@nestjs/common';

const unpack = promisify(gunzip);
const jobsPerPart = 32;

/** As much of a stored definition as is read here. */
export interface StoredJob {
  readonly environment?: { readonly onStop?: string | null } | null;
  readonly manual_confirmation?: string;
}

/** Reads what a job is, as it was stored when its pipeline was made. */
@Injectable()
export class StoredJobs {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Null where there is no such job. */
  async of(job: { pipelineId: number; attempt: number; index: number }): Promise<StoredJob | null> {
    const part = await this.database.first(jobDefinitionPart, job.pipelineId, job.attempt, job.index);
    const stored = part && (JSON.parse((await unpack(part.body)).toString('utf8')) as StoredJob[]);
    return stored?.[job.index % jobsPerPart] ?? null;
  }
}
