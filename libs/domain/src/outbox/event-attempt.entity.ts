import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How often a service began with an event it did not finish. */
@Entity('event_attempt')
export class EventAttempt {
  @PrimaryColumn({ type: 'text' })
  service: string;

  @PrimaryColumn({ name: 'event_id', type: 'uuid' })
  eventId: string;

  @Column({ type: 'integer' })
  attempts: number;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt: Date;
}
