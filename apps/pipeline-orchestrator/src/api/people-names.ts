import { User } from '@crosstie/domain';
import { CrosstieConfig } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';

/** A person inside another answer, as GitLab writes it. */
export interface ApiPerson {
  id: number;
  username: string;
  name: string;
  state: string;
  avatar_url: string | null;
  web_url: string;
}

/** Who is behind ids that answers hold. */
@Injectable()
export class PeopleNames {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(CrosstieConfig) private readonly config: CrosstieConfig,
  ) {}

  /** Those that exist, by their id; nulls are passed over. */
  async byId(ids: readonly (number | null)[]): Promise<ReadonlyMap<number, ApiPerson>> {
    const wanted = [...new Set(ids.filter((id) => id !== null))];
    if (wanted.length === 0) return new Map();
    const users = await this.dataSource.getRepository(User).findBy({ id: In(wanted) });
    return new Map(users.map((user) => [user.id, this.describe(user)]));
  }

  private describe(user: User): ApiPerson {
    return {
      id: user.id,
      username: user.username,
      name: user.name,
      state: user.state,
      avatar_url: user.avatarUrl,
      web_url: `${this.config.url}/${encodeURIComponent(user.username)}`,
    };
  }
}
