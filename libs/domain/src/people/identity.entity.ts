import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** The 1:1 link between a person and a GitHub user of one host. */
@Entity('identity')
export class Identity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ name: 'user_id', type: 'bigint', transformer: safeInteger })
  userId: number;

  @Column({ type: 'text' })
  host: string;

  @Column({ name: 'github_user_id', type: 'bigint', transformer: safeInteger })
  githubUserId: number;

  @Column({ type: 'text' })
  login: string;

  @Column({ type: 'text', default: 'linked' })
  state: string;

  @Column({ name: 'linked_at', type: 'timestamptz', default: () => 'now()' })
  linkedAt: Date;
}
