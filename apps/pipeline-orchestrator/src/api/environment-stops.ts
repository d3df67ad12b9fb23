import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { Database, Job, jobDefinitionPart, lastDeployments } from '@crosstie/domain';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

const unpack = promisify(gunzip);
const jobsPerPart = 32;

interface StoredJob {
  readonly environment?: { readonly onStop?: string | null } | null;
}

/** Finds the job that stops an environment: the one that its last deployment names, in the same pipeline. */
@Injectable()
export class EnvironmentStops {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** The id of the newest try of that job; null where there is none. */
  async jobOf(projectId: number, environment: string): Promise<number | null> {
    const [last] = await this.database.run(lastDeployments, projectId, [environment]);
    const jobs = this.dataSource.getRepository(Job);
    const deployed = last && (await jobs.findOneBy({ id: last.jobId }));
    if (!deployed || last.action !== 'start') return null;
    const { pipelineId, attempt, index } = deployed;
    const part = await this.database.first(jobDefinitionPart, pipelineId, attempt, index);
    const stored = part && (JSON.parse((await unpack(part.body)).toString('utf8')) as StoredJob[]);
    const name = stored?.[index % jobsPerPart]?.environment?.onStop;
    if (!name) return null;
    return (await jobs.findOneBy({ pipelineId, attempt, name, retried: false }))?.id ?? null;
  }
}
