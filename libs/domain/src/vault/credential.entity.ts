import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** One encrypted secret. */
@Entity('credential')
export class Credential {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ type: 'text' })
  class: string;

  @Column({ type: 'text' })
  kind: string;

  @Column({ type: 'text' })
  host: string;

  @Column({ type: 'bigint', transformer: safeInteger, default: 0 })
  subject: number;

  @Column({ name: 'key_id', type: 'text' })
  keyId: string;

  @Column({ type: 'bytea', select: false })
  sealed: Buffer;

  @Column({ type: 'integer', default: 1 })
  generation: number;

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  @Column({ name: 'refresh_expires_at', type: 'timestamptz', nullable: true })
  refreshExpiresAt: Date | null;

  @Column({ type: 'integer', default: 1 })
  rank: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
