import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** A piece of a log as it was sent. */
@Entity('trace_chunk')
export class TraceChunk {
  @PrimaryColumn({ name: 'job_id', type: 'bigint', transformer: safeInteger })
  jobId: number;

  @PrimaryColumn({ type: 'bigint', transformer: safeInteger })
  offset: number;

  @Column({ type: 'integer' })
  length: number;

  @Column({ type: 'bytea', select: false })
  body: Buffer;
}
