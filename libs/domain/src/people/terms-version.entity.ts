import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One version of the terms; the highest is in force. */
@Entity('terms_version')
export class TermsVersion {
  @PrimaryColumn({ type: 'integer' })
  version: number;

  @Column({ type: 'text' })
  body: string;

  @Column({ name: 'published_at', type: 'timestamptz', default: () => 'now()' })
  publishedAt: Date;
}
