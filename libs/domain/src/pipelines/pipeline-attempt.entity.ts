import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** Who stands behind which attempt at a pipeline. */
@Entity('pipeline_attempt')
export class PipelineAttempt {
  @PrimaryColumn({ name: 'pipeline_id', type: 'bigint', transformer: safeInteger })
  pipelineId: number;

  @PrimaryColumn({ type: 'integer' })
  n: number;

  @Column({ name: 'user_id', type: 'bigint', nullable: true, transformer: safeInteger })
  userId: number | null;

  @Column({ type: 'text' })
  cause: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
