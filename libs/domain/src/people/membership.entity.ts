import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** An explicit role of a person in a project. */
@Entity('membership')
export class Membership {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ name: 'user_id', type: 'bigint', transformer: safeInteger })
  userId: number;

  @Column({ name: 'project_id', type: 'bigint', transformer: safeInteger })
  projectId: number;

  @Column({ name: 'access_level', type: 'integer' })
  accessLevel: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
