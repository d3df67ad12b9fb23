import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The one row of the first-run set-up. */
@Entity('setup')
export class Setup {
  @PrimaryColumn({ type: 'boolean', default: true })
  one: boolean;

  @Column({ name: 'code_hash', type: 'bytea', nullable: true, select: false })
  codeHash: Buffer | null;

  @Column({ name: 'code_at', type: 'timestamptz', nullable: true })
  codeAt: Date | null;

  @Column({ type: 'integer', default: 0 })
  tries: number;

  @Column({ name: 'completed_at', type: 'timestamptz', nullable: true })
  completedAt: Date | null;
}
