import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** How often a service began with an event it did not finish. */
@Entity('event_attempt')
export class EventAttempt {
  @PrimaryColumn({ type: 'text' })
  service: string;

  @PrimaryColumn({ name: 'event_id', type: 'uuid' })
  eventId: string;

  @Column({ name: 'outbox_id', type: 'bigint', transformer: safeInteger })
  outboxId: number;

  @Column({ type: 'integer' })
  attempts: number;

  @Column({ name: 'started_at', type: 'timestamptz', default: () => 'now()' })
  startedAt: Date;

  /** When it is begun again. */
  @Column({ name: 'retry_at', type: 'timestamptz', default: () => 'now()' })
  retryAt: Date;
}
