import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** What the jobs of a pipeline are: written once, compressed. */
@Entity('pipeline_definition')
export class PipelineDefinition {
  @PrimaryColumn({ name: 'pipeline_id', type: 'bigint', transformer: safeInteger })
  pipelineId: number;

  @PrimaryColumn({ type: 'integer' })
  attempt: number;

  @PrimaryColumn({ type: 'integer' })
  part: number;

  @Column({ type: 'bytea', select: false })
  body: Buffer;
}
