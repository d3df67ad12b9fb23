import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** How many statuses an installation may still have posted. status-reporter writes it as it claims one. */
@Entity('status_budget')
export class StatusBudget {
  @PrimaryColumn({ name: 'installation_id', type: 'bigint', transformer: safeInteger })
  installationId: number;

  @Column({ type: 'double precision' })
  saved: number;

  @Column({ type: 'timestamptz' })
  at: Date;
}
