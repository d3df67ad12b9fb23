import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** What GitHub should show for a context on a commit, and what was sent. */
@Entity('commit_status')
export class CommitStatus {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ name: 'project_id', type: 'bigint', transformer: safeInteger })
  projectId: number;

  @Column({ name: 'installation_id', type: 'bigint', transformer: safeInteger })
  installationId: number;

  @Column({ type: 'text' })
  sha: string;

  @Column({ type: 'text' })
  context: string;

  @Column({ name: 'pipeline_id', type: 'bigint', transformer: safeInteger })
  pipelineId: number;

  @Column({ type: 'bigint', transformer: safeInteger, default: 1 })
  version: number;

  @Column({ name: 'wanted_state', type: 'text' })
  wantedState: string;

  @Column({ name: 'wanted_description', type: 'text' })
  wantedDescription: string;

  @Column({ name: 'target_url', type: 'text' })
  targetUrl: string;

  @Column({ type: 'boolean', default: false })
  final: boolean;

  @Column({ name: 'pipeline_status', type: 'text', default: '' })
  pipelineStatus: string;

  @Column({ name: 'pipeline_version', type: 'integer', default: 0 })
  pipelineVersion: number;

  @Column({ name: 'sent_version', type: 'bigint', transformer: safeInteger, default: 0 })
  sentVersion: number;

  @Column({ name: 'sent_state', type: 'text', nullable: true })
  sentState: string | null;

  @Column({ name: 'sent_at', type: 'timestamptz', nullable: true })
  sentAt: Date | null;

  @Column({ name: 'sending_until', type: 'timestamptz', nullable: true })
  sendingUntil: Date | null;

  @Column({ type: 'integer', default: 0 })
  claim: number;

  @Column({ type: 'integer', default: 0 })
  attempts: number;

  @Column({ name: 'next_attempt_at', type: 'timestamptz', default: () => 'now()' })
  nextAttemptAt: Date;

  @Column({ name: 'last_error', type: 'text', nullable: true })
  lastError: string | null;

  @Column({ name: 'refused_at', type: 'timestamptz', nullable: true })
  refusedAt: Date | null;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
