import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** A short-lived token of GitHub: what for, for whom, until when. */
@Entity('token_lease')
export class TokenLease {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ type: 'text' })
  purpose: string;

  @Column({ type: 'text' })
  kind: string;

  @Column({ type: 'text' })
  host: string;

  @Column({ name: 'installation_id', type: 'bigint', nullable: true, transformer: safeInteger })
  installationId: number | null;

  @Column({ name: 'project_id', type: 'bigint', nullable: true, transformer: safeInteger })
  projectId: number | null;

  @Column({ name: 'identity_id', type: 'bigint', nullable: true, transformer: safeInteger })
  identityId: number | null;

  @Column({ type: 'integer', nullable: true })
  generation: number | null;

  @Column({ name: 'pipeline_id', type: 'bigint', nullable: true, transformer: safeInteger })
  pipelineId: number | null;

  @Column({ type: 'jsonb' })
  permissions: Record<string, unknown>;

  @Column({ name: 'key_id', type: 'text' })
  keyId: string;

  @Column({ type: 'bytea', select: false })
  sealed: Buffer;

  @Column({ name: 'issued_at', type: 'timestamptz' })
  issuedAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;

  @Column({ name: 'retire_attempts', type: 'integer', default: 0 })
  retireAttempts: number;

  @Column({ name: 'retire_after', type: 'timestamptz', nullable: true })
  retireAfter: Date | null;
}
