import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The one row of what the administrator decides for the whole server. */
@Entity('server_setting')
export class ServerSetting {
  @PrimaryColumn({ type: 'boolean', default: true })
  one: boolean;

  @Column({ name: 'github_role_cap', type: 'integer', default: 40 })
  githubRoleCap: number;

  @Column({ name: 'seat_limit', type: 'integer', nullable: true })
  seatLimit: number | null;
}
