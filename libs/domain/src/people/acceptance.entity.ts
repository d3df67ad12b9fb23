import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** That a person accepted a version of the terms. */
@Entity('acceptance')
export class Acceptance {
  @PrimaryColumn({ name: 'user_id', type: 'bigint', transformer: safeInteger })
  userId: number;

  @PrimaryColumn({ type: 'integer' })
  version: number;

  @Column({ name: 'accepted_at', type: 'timestamptz', default: () => 'now()' })
  acceptedAt: Date;
}
