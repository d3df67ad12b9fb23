import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** How far one job of a pipeline has come. */
@Entity('job')
export class Job {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'BY DEFAULT' })
  id: number;

  @Column({ name: 'pipeline_id', type: 'bigint', transformer: safeInteger })
  pipelineId: number;

  @Column({ name: 'project_id', type: 'bigint', transformer: safeInteger })
  projectId: number;

  @Column({ type: 'integer', default: 1 })
  attempt: number;

  @Column({ type: 'integer' })
  index: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  stage: string;

  @Column({ name: 'stage_index', type: 'integer' })
  stageIndex: number;

  @Column({ type: 'text' })
  status: string;

  @Column({ name: 'allow_failure', type: 'boolean', default: false })
  allowFailure: boolean;

  @Column({ type: 'boolean', default: false })
  retried: boolean;

  @Column({ name: 'user_id', type: 'bigint', nullable: true, transformer: safeInteger })
  userId: number | null;

  @Column({ name: 'failure_reason', type: 'text', nullable: true })
  failureReason: string | null;

  @Column({ name: 'exit_code', type: 'integer', nullable: true })
  exitCode: number | null;

  @Column({ name: 'lane_id', type: 'bigint', nullable: true, transformer: safeInteger })
  laneId: number | null;

  @Column({ name: 'timeout_s', type: 'integer', nullable: true })
  timeoutS: number | null;

  @Column({ name: 'runner_id', type: 'bigint', nullable: true, transformer: safeInteger })
  runnerId: number | null;

  @Column({ name: 'runner_manager_id', type: 'bigint', nullable: true, transformer: safeInteger })
  runnerManagerId: number | null;

  @Column({ name: 'token_hash', type: 'bytea', nullable: true, select: false })
  tokenHash: Buffer | null;

  @Column({ type: 'integer', default: 0 })
  handout: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'queued_at', type: 'timestamptz', nullable: true })
  queuedAt: Date | null;

  @Column({ name: 'assigned_at', type: 'timestamptz', nullable: true })
  assignedAt: Date | null;

  @Column({ name: 'acknowledged_at', type: 'timestamptz', nullable: true })
  acknowledgedAt: Date | null;

  @Column({ name: 'seen_at', type: 'timestamptz', nullable: true })
  seenAt: Date | null;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  @Column({ type: 'integer', default: 1 })
  try: number;

  @Column({ name: 'is_past', type: 'boolean', default: false })
  isPast: boolean;

  @Column({ name: 'scheduled_at', type: 'timestamptz', nullable: true })
  scheduledAt: Date | null;

  @Column({ name: 'resource_group', type: 'text', nullable: true })
  resourceGroup: string | null;

  @Column({ type: 'text', nullable: true })
  environment: string | null;

  @Column({ name: 'environment_action', type: 'text', nullable: true })
  environmentAction: string | null;

  @Column({ name: 'environment_url', type: 'text', nullable: true })
  environmentUrl: string | null;

  @Column({ name: 'environment_stops_s', type: 'bigint', nullable: true, transformer: safeInteger })
  environmentStopsS: number | null;

  @Column({ type: 'real', nullable: true })
  coverage: number | null;

  @Column({ name: 'archive_expired', type: 'boolean', default: false })
  archiveExpired: boolean;

  @Column({ name: 'erased_at', type: 'timestamptz', nullable: true })
  erasedAt: Date | null;
}
