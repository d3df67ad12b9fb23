import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** One signed request of GitHub, as bytes, and what became of it. */
@Entity('webhook_delivery')
export class WebhookDelivery {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ type: 'text' })
  host: string;

  @Column({ type: 'text' })
  guid: string;

  @Column({ type: 'text' })
  event: string;

  @Column({ name: 'received_at', type: 'timestamptz', default: () => 'now()' })
  receivedAt: Date;

  @Column({ type: 'bytea', select: false })
  body: Buffer;

  @Column({ name: 'body_size', type: 'integer' })
  bodySize: number;

  @Column({ name: 'body_sha256', type: 'bytea', select: false })
  bodySha256: Buffer;

  @Column({ type: 'boolean', default: false })
  recovered: boolean;

  @Column({ type: 'text', default: 'received' })
  state: string;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'text', nullable: true })
  detail: string | null;

  @Column({ name: 'project_id', type: 'bigint', nullable: true, transformer: safeInteger })
  projectId: number | null;

  @Column({ name: 'resume_at', type: 'timestamptz', nullable: true })
  resumeAt: Date | null;

  @Column({ name: 'done_at', type: 'timestamptz', nullable: true })
  doneAt: Date | null;

  @Column({ type: 'integer', default: 0 })
  attempts: number;

  @Column({ name: 'replayed_at', type: 'timestamptz', nullable: true })
  replayedAt: Date | null;
}
