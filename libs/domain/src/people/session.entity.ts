import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** A browser session; the cookie holds a random value, the row its hash. */
@Entity('session')
export class Session {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ name: 'token_hash', type: 'bytea', select: false })
  tokenHash: Buffer;

  @Column({ name: 'user_id', type: 'bigint', nullable: true, transformer: safeInteger })
  userId: number | null;

  @Column({ type: 'jsonb', default: {} })
  data: Record<string, unknown>;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'seen_at', type: 'timestamptz', default: () => 'now()' })
  seenAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
