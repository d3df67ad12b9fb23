import { Database, Job, lastDeployments } from '@crosstie/domain';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { StoredJobs } from './stored-jobs.js';

/** Finds the job that stops an environment: the one that its last deployment names, in the same pipeline. */
@Injectable()
export class EnvironmentStops {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Database) private readonly database: Database,
    @Inject(StoredJobs) private readonly stored: StoredJobs,
  ) {}

  /** The newest try of that job; null where there is none. */
  async jobOf(projectId: number, environment: string): Promise<Job | null> {
    const [last] = await this.database.run(lastDeployments, projectId, [environment]);
    const jobs = this.dataSource.getRepository(Job);
    const deployed = last && (await jobs.findOneBy({ id: last.jobId }));
    if (!deployed || last.action !== 'start') return null;
    const name = (await this.stored.of(deployed))?.environment?.onStop;
    if (!name) return null;
    const { pipelineId, attempt } = deployed;
    return jobs.findOneBy({ pipelineId, attempt, name, retried: false });
  }
}
