import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** A file that a job left. */
@Entity('artifact')
export class Artifact {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ name: 'job_id', type: 'bigint', transformer: safeInteger })
  jobId: number;

  @Column({ name: 'project_id', type: 'bigint', transformer: safeInteger })
  projectId: number;

  @Column({ name: 'file_type', type: 'text' })
  fileType: string;

  @Column({ name: 'file_format', type: 'text' })
  fileFormat: string;

  @Column({ type: 'text' })
  filename: string;

  @Column({ type: 'bigint', transformer: safeInteger })
  size: number;

  @Column({ type: 'bytea', select: false })
  sha256: Buffer;

  @Column({ name: 'object_key', type: 'text' })
  objectKey: string;

  @Column({ name: 'expire_at', type: 'timestamptz', nullable: true })
  expireAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
