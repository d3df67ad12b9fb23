import { Access, type Actor } from '@crosstie/access';
import { Project } from '@crosstie/domain';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';

/** A project with what this actor may do in it. */
export interface VisibleProject {
  readonly project: Project;
  readonly level: number;
}

const askedAtOnce = 8;

/** The projects that somebody may see. */
@Injectable()
export class VisibleProjects {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Access) private readonly access: Access,
  ) {}

  /** Every one, by name. Where only GitHub's permission counts, GitHub is asked, at most once a minute for each. */
  async of(actor: Actor): Promise<VisibleProject[]> {
    const all = await this.dataSource
      .getRepository(Project)
      .find({ where: { removedAt: IsNull() }, order: { fullName: 'ASC' } });
    if (actor.isAdmin) return all.map((project) => ({ project, level: 50 }));
    const visible: VisibleProject[] = [];
    for (let from = 0; from < all.length; from += askedAtOnce) {
      const some = all.slice(from, from + askedAtOnce);
      const levels = await Promise.all(some.map(({ id }) => this.access.levelOf(actor.userId, id)));
      some.forEach((project, i) => {
        const level = levels[i] ?? 0;
        if (level > 0) visible.push({ project, level });
      });
    }
    return visible;
  }
}
