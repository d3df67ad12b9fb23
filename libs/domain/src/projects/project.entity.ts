import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** A repository of an installation. */
@Entity('project')
export class Project {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ type: 'text' })
  host: string;

  @Column({ name: 'github_repository_id', type: 'bigint', transformer: safeInteger })
  githubRepositoryId: number;

  @Column({ name: 'installation_id', type: 'bigint', transformer: safeInteger })
  installationId: number;

  @Column({ name: 'full_name', type: 'text' })
  fullName: string;

  @Column({ name: 'default_branch', type: 'text', nullable: true })
  defaultBranch: string | null;

  @Column({ type: 'boolean', default: true })
  private: boolean;

  @Column({ type: 'boolean', default: false })
  archived: boolean;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  @Column({ name: 'config_path', type: 'text', default: 'gitlab/.gitlab-ci.yml' })
  configPath: string;

  @Column({ name: 'status_context', type: 'text', default: 'crosstie' })
  statusContext: string;

  @Column({ name: 'clone_with', type: 'text', default: 'person' })
  cloneWith: string;

  @Column({ name: 'last_iid', type: 'bigint', transformer: safeInteger, default: 0 })
  lastIid: number;

  @Column({ name: 'rights_epoch', type: 'integer', default: 0 })
  rightsEpoch: number;

  @Column({ name: 'artifact_size_max', type: 'bigint', transformer: safeInteger, default: 1073741824 })
  artifactSizeMax: number;

  @Column({ name: 'trace_size_max', type: 'bigint', transformer: safeInteger, default: 104857600 })
  traceSizeMax: number;

  @Column({ name: 'auto_cancel', type: 'boolean', default: true })
  autoCancel: boolean;

  @Column({ name: 'removed_at', type: 'timestamptz', nullable: true })
  removedAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
