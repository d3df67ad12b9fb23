import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** A runner, known by the hash of its token. */
@Entity('runner')
export class Runner {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ name: 'runner_type', type: 'text' })
  runnerType: string;

  @Column({ name: 'owner_key', type: 'text', nullable: true })
  ownerKey: string | null;

  @Column({ name: 'project_id', type: 'bigint', nullable: true, transformer: safeInteger })
  projectId: number | null;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ name: 'maintenance_note', type: 'text', nullable: true })
  maintenanceNote: string | null;

  @Column({ type: 'text', array: true, default: [] })
  tags: string[];

  @Column({ name: 'run_untagged', type: 'boolean', default: true })
  runUntagged: boolean;

  @Column({ type: 'boolean', default: false })
  locked: boolean;

  @Column({ type: 'boolean', default: false })
  paused: boolean;

  @Column({ name: 'access_level', type: 'text', default: 'not_protected' })
  accessLevel: string;

  @Column({ name: 'maximum_timeout', type: 'integer', nullable: true })
  maximumTimeout: number | null;

  @Column({ name: 'token_hash', type: 'bytea', select: false })
  tokenHash: Buffer;

  @Column({ name: 'token_expires_at', type: 'timestamptz', nullable: true })
  tokenExpiresAt: Date | null;

  @Column({ name: 'created_by', type: 'bigint', nullable: true, transformer: safeInteger })
  createdBy: number | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ type: 'bigint', transformer: safeInteger, default: 1 })
  version: number;
}
