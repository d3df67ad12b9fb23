import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** An installation of the App in an account. */
@Entity('installation')
export class Installation {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ type: 'text' })
  host: string;

  @Column({ name: 'github_installation_id', type: 'bigint', transformer: safeInteger })
  githubInstallationId: number;

  @Column({ name: 'account_id', type: 'bigint', transformer: safeInteger })
  accountId: number;

  @Column({ name: 'account_login', type: 'text' })
  accountLogin: string;

  @Column({ name: 'account_type', type: 'text' })
  accountType: string;

  @Column({ type: 'jsonb', default: {} })
  permissions: Record<string, unknown>;

  @Column({ name: 'repository_selection', type: 'text', default: 'selected' })
  repositorySelection: string;

  @Column({ name: 'suspended_at', type: 'timestamptz', nullable: true })
  suspendedAt: Date | null;

  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;

  @Column({ name: 'changed_at', type: 'timestamptz', nullable: true })
  changedAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
