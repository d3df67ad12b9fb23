import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** The log of a job: how long it is and where it lies. */
@Entity('trace')
export class Trace {
  @PrimaryColumn({ name: 'job_id', type: 'bigint', transformer: safeInteger })
  jobId: number;

  @Column({ type: 'bigint', transformer: safeInteger, default: 0 })
  size: number;

  @Column({ name: 'object_key', type: 'text', nullable: true })
  objectKey: string | null;

  @Column({ type: 'text', nullable: true })
  checksum: string | null;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
