import { Access, type Actor } from '@crosstie/access';
import { Project } from '@crosstie/domain';
import { Unavailable } from '@crosstie/platform';
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
    const unknown: unknown[] = [];
    for (let from = 0; from < all.length; from += askedAtOnce) {
      const some = all.slice(from, from + askedAtOnce);
      const levels = await Promise.all(
        some.map(({ id }) => this.level(actor, id).catch((error) => unknown.push(error) && 0)),
      );
      some.forEach((project, i) => {
        const level = levels[i] ?? 0;
        if (level > 0) visible.push({ project, level });
      });
    }
    // An empty list would say that there is nothing; the truth is that GitHub could not be asked.
    if (visible.length === 0 && unknown.length > 0) throw unknown[0];
    return visible;
  }

  /** The actor's level, or, while GitHub cannot be asked, that they see it, where a membership says so. */
  async level(actor: Actor, projectId: number): Promise<number> {
    try {
      return await this.access.levelOf(actor.userId, projectId);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      return (await this.access.allows(actor.userId, 10, projectId)) ? 10 : 0;
    }
  }
}
