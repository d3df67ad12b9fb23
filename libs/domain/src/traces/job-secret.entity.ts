import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** What must not stand in the log of a job, sealed. */
@Entity('job_secret')
export class JobSecret {
  @PrimaryColumn({ name: 'job_id', type: 'bigint', transformer: safeInteger })
  jobId: number;

  @Column({ type: 'integer' })
  handout: number;

  @Column({ name: 'key_id', type: 'text' })
  keyId: string;

  @Column({ type: 'bytea', select: false })
  sealed: Buffer;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
