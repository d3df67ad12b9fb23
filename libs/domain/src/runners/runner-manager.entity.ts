import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** One host that runs with a runner's token. */
@Entity('runner_manager')
export class RunnerManager {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ name: 'runner_id', type: 'bigint', transformer: safeInteger })
  runnerId: number;

  @Column({ name: 'system_id', type: 'text' })
  systemId: string;

  @Column({ type: 'text', nullable: true })
  version: string | null;

  @Column({ type: 'text', nullable: true })
  revision: string | null;

  @Column({ type: 'text', nullable: true })
  platform: string | null;

  @Column({ type: 'text', nullable: true })
  architecture: string | null;

  @Column({ type: 'text', nullable: true })
  executor: string | null;

  @Column({ name: 'ip_address', type: 'text', nullable: true })
  ipAddress: string | null;

  /** False for runners that do not understand that a job is being cancelled. */
  @Column({ name: 'cancels_gracefully', type: 'boolean', default: true })
  cancelsGracefully: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'contacted_at', type: 'timestamptz', nullable: true })
  contactedAt: Date | null;
}
