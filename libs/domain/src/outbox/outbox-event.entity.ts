import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** An event to be told to the services. */
@Entity('outbox_event')
export class OutboxEvent {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ name: 'event_id', type: 'uuid', default: () => 'gen_random_uuid()' })
  eventId: string;

  @Column({ type: 'text' })
  type: string;

  @Column({ type: 'jsonb' })
  payload: Record<string, unknown>;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'published_at', type: 'timestamptz', nullable: true })
  publishedAt: Date | null;

  /** Set when it is meant for one service alone. */
  @Column({ name: 'only_service', type: 'text', nullable: true })
  onlyService: string | null;
}
