import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** Variables that a job left to later ones. */
@Entity('job_dotenv')
export class JobDotenv {
  @PrimaryColumn({ name: 'job_id', type: 'bigint', transformer: safeInteger })
  jobId: number;

  @Column({ name: 'project_id', type: 'bigint', transformer: safeInteger })
  projectId: number;

  @Column({ type: 'jsonb' })
  variables: { key: string; value: string }[];

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
