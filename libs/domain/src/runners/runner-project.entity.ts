import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** A project that uses the runner of another one. */
@Entity('runner_project')
export class RunnerProject {
  @PrimaryColumn({ name: 'runner_id', type: 'bigint', transformer: safeInteger })
  runnerId: number;

  @PrimaryColumn({ name: 'project_id', type: 'bigint', transformer: safeInteger })
  projectId: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
