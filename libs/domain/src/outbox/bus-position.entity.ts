import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** How far a service has come on the in-process bus. */
@Entity('bus_position')
export class BusPosition {
  @PrimaryColumn({ type: 'text' })
  service: string;

  @Column({ name: 'outbox_id', type: 'bigint', transformer: safeInteger })
  outboxId: number;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
