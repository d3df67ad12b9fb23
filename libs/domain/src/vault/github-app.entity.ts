import { Column, Entity, PrimaryColumn } from 'typeorm';

import { safeInteger } from '../database/safe-integer.js';

/** The GitHub App of a host; its secrets are credentials. */
@Entity('github_app')
export class GithubApp {
  @PrimaryColumn({ type: 'text' })
  host: string;

  @Column({ name: 'app_id', type: 'bigint', transformer: safeInteger })
  appId: number;

  @Column({ type: 'text' })
  slug: string;

  @Column({ name: 'client_id', type: 'text' })
  clientId: string;

  @Column({ name: 'html_url', type: 'text' })
  htmlUrl: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
