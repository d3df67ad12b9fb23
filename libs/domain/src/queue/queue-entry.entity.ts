import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** A job that may run now. */
@Entity('queue_entry')
export class QueueEntry {
  @PrimaryColumn({ name: 'job_id', type: 'bigint', transformer: safeInteger })
  jobId: number;

  @Column({ name: 'lane_id', type: 'bigint', transformer: safeInteger })
  laneId: number;

  @Column({ type: 'bigint', transformer: safeInteger })
  rank: number;

  @Column({ name: 'project_id', type: 'bigint', transformer: safeInteger })
  projectId: number;

  @Column({ name: 'rights_epoch', type: 'integer', default: 0 })
  rightsEpoch: number;
}
