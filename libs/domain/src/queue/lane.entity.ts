import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A distinct (scope, protected, sorted tags) that jobs queue in. */
@Entity('lane')
export class Lane {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;

  @Column({ type: 'text' })
  scope: string;

  @Column({ type: 'boolean' })
  protected: boolean;

  @Column({ type: 'text', array: true })
  tags: string[];
}
