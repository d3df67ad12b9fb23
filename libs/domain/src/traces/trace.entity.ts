import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** A gzip member of a stored log: its first byte and line in the log, and its first byte in the object; from 0. */
export type TraceMember = readonly [offset: number, line: number, objectOffset: number];

/** The log of a job: how long it is and where it lies. */
@Entity('trace')
export class Trace {
  @PrimaryColumn({ name: 'job_id', type: 'bigint', transformer: safeInteger })
  jobId: number;

  @Column({ type: 'bigint', transformer: safeInteger, default: 0 })
  size: number;

  @Column({ type: 'bigint', transformer: safeInteger, default: 0 })
  crc: number;

  @Column({ type: 'bytea', nullable: true, select: false })
  tail: Buffer | null;

  @Column({ name: 'shown_context', type: 'bytea', nullable: true, select: false })
  shownContext: Buffer | null;

  /** Bytes at the end that nobody is shown yet: they could be the beginning of a secret. */
  @Column({ name: 'tail_length', type: 'integer', default: 0 })
  tailLength: number;

  @Column({ name: 'watched_until', type: 'timestamptz', nullable: true })
  watchedUntil: Date | null;

  /** Of a log in the object store: where each of its gzip members begins. */
  @Column({ type: 'jsonb', nullable: true })
  members: TraceMember[] | null;

  @Column({ name: 'object_key', type: 'text', nullable: true })
  objectKey: string | null;

  @Column({ type: 'text', nullable: true })
  checksum: string | null;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
