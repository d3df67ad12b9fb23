import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** Who did what; only ever added to. */
@Entity('audit_event')
export class AuditEvent {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'actor_id', type: 'bigint', nullable: true, transformer: safeInteger })
  actorId: number | null;

  @Column({ type: 'text' })
  action: string;

  @Column({ name: 'entity_type', type: 'text' })
  entityType: string;

  @Column({ name: 'entity_id', type: 'bigint', nullable: true, transformer: safeInteger })
  entityId: number | null;

  @Column({ type: 'jsonb', default: {} })
  details: Record<string, unknown>;

  /** Over this line and the one before; null for lines that are older than the chain. */
  @Column({ type: 'bytea', nullable: true })
  hash: Buffer | null;
}
