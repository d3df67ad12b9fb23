import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** What a person gave to a job when they played it; it holds for all tries of the job from then on. */
@Entity('job_variables')
export class JobVariables {
  @PrimaryColumn({ name: 'pipeline_id', type: 'bigint', transformer: safeInteger })
  pipelineId: number;

  @PrimaryColumn({ type: 'integer' })
  attempt: number;

  @PrimaryColumn({ type: 'integer' })
  index: number;

  @Column({ name: 'key_id', type: 'text' })
  keyId: string;

  @Column({ type: 'bytea', select: false })
  sealed: Buffer;
}
