import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** What a push, or a person, set going at one commit. */
@Entity('pipeline')
export class Pipeline {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'BY DEFAULT' })
  id: number;

  @Column({ type: 'bigint', transformer: safeInteger })
  iid: number;

  @Column({ name: 'project_id', type: 'bigint', transformer: safeInteger })
  projectId: number;

  @Column({ name: 'delivery_id', type: 'bigint', nullable: true, transformer: safeInteger })
  deliveryId: number | null;

  @Column({ type: 'text', default: 'push' })
  source: string;

  @Column({ type: 'text' })
  sha: string;

  @Column({ name: 'before_sha', type: 'text' })
  beforeSha: string;

  @Column({ type: 'text' })
  ref: string;

  @Column({ type: 'boolean', default: false })
  tag: boolean;

  @Column({ type: 'boolean', default: false })
  protected: boolean;

  @Column({ type: 'text' })
  status: string;

  @Column({ name: 'failure_reason', type: 'text', nullable: true })
  failureReason: string | null;

  @Column({ name: 'failure_message', type: 'text', nullable: true })
  failureMessage: string | null;

  @Column({ name: 'yaml_errors', type: 'text', nullable: true })
  yamlErrors: string | null;

  @Column({ type: 'text', nullable: true })
  name: string | null;

  @Column({ type: 'integer', default: 1 })
  attempt: number;

  @Column({ name: 'user_id', type: 'bigint', nullable: true, transformer: safeInteger })
  userId: number | null;

  @Column({ name: 'sender_id', type: 'bigint', nullable: true, transformer: safeInteger })
  senderId: number | null;

  @Column({ name: 'sender_login', type: 'text', nullable: true })
  senderLogin: string | null;

  @Column({ type: 'jsonb', default: {} })
  commit: Record<string, unknown>;

  @Column({ type: 'boolean', default: false })
  recovered: boolean;

  @Column({ name: 'cancel_requested_at', type: 'timestamptz', nullable: true })
  cancelRequestedAt: Date | null;

  @Column({ name: 'auto_canceled_by', type: 'bigint', nullable: true, transformer: safeInteger })
  autoCanceledBy: number | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  /** Grows with every move. */
  @Column({ type: 'integer', default: 0 })
  version: number;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
