import { accessFacts, Database, findProjectRef, type AccessFacts } from '@crosstie/domain';
import { Requests } from '@crosstie/messaging';
import { Clock, Forbidden, NotFound, Unavailable } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';

import type { Actor } from './actor.js';

/** 10 sees, 20 reads logs, 30 runs, 40 configures, 50 owner or administrator. */
export type Level = 0 | 10 | 20 | 30 | 40 | 50;

const names: Readonly<Record<Level, string>> = {
  0: 'nobody',
  10: 'Guest',
  20: 'Reporter',
  30: 'Developer',
  40: 'Maintainer',
  50: 'Owner',
};

export function levelName(level: Level): string {
  return names[level];
}

const githubKeptMs = 60_000;
const githubTimeoutMs = 25_000;
const rolesMax = 10_000;

/** Who may do what in which project: an explicit membership, or what GitHub gives up to the server's cap. */
@Injectable()
export class Access {
  private readonly github = new Map<string, { level: number; until: number }>();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Requests) private readonly requests: Requests,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** The person's level in a project; 0 for none. GitHub's part may be a minute old. Throws Unavailable when it cannot be asked. */
  async levelOf(userId: number, projectId: number): Promise<Level> {
    return this.levelUpTo(userId, projectId, 50);
  }

  /** Whether the level suffices, without asking GitHub where a membership says so already. */
  async allows(userId: number, level: Level, projectId: number): Promise<boolean> {
    return (await this.levelUpTo(userId, projectId, level)) >= level;
  }

  /**
   * Lets the actor through or throws: NotFound where they do not even see the project, Forbidden with a sentence
   * where they see it and may not.
   */
  async require(actor: Pick<Actor, 'userId'>, level: Level, projectId: number): Promise<void> {
    const has = await this.levelUpTo(actor.userId, projectId, level);
    if (has === 0) throw new NotFound('Project');
    if (has >= level) return;
    throw new Forbidden(
      `Your role here is ${names[has]} and this needs ${names[level]}. A Maintainer can give it to you, or GitHub's permission on the repository.`,
      'role_too_low',
    );
  }

  /** The number of the project that an address names: ours, or `owner/name`. Throws NotFound. */
  async projectId(ref: string): Promise<number> {
    const id = /^\d{1,15}$/.test(ref) ? Number(ref) : null;
    const row = await this.database.first(findProjectRef, id, id === null ? ref : null);
    if (!row) throw new NotFound('Project');
    return row.projectId;
  }

  /** Has GitHub asked anew about a person, or about everybody in a project. */
  forget({ userId, projectId }: { userId?: number; projectId?: number }): void {
    for (const key of this.github.keys()) {
      const [user, project] = key.split('/').map(Number);
      if (user === userId || project === projectId) this.github.delete(key);
    }
  }

  private async levelUpTo(userId: number, projectId: number, enough: Level): Promise<Level> {
    const facts = await this.database.first(accessFacts, userId, projectId);
    if (!facts || facts.blocked || !facts.projectExists) return 0;
    if (facts.isAdmin) return 50;
    const own = (facts.membership ?? 0) as Level;
    if (own >= enough || !facts.linked) return own;
    return Math.max(own, await this.githubLevel(userId, projectId, facts)) as Level;
  }

  /**
   * Whether GitHub itself lets the person read the repository: no role here stands for that, and no cap.
   * May be a minute old. Throws Unavailable.
   */
  async readsOnGithub(userId: number, projectId: number): Promise<boolean> {
    return (await this.roleOnGithub(userId, projectId)) > 0;
  }

  private async githubLevel(userId: number, projectId: number, { githubRoleCap }: AccessFacts): Promise<number> {
    if (githubRoleCap === 0) return 0;
    return Math.min(await this.roleOnGithub(userId, projectId), githubRoleCap);
  }

  private async roleOnGithub(userId: number, projectId: number): Promise<number> {
    const key = `${userId}/${projectId}`;
    const known = this.github.get(key);
    if (known && known.until > this.clock.ms()) return known.level;
    const level = await this.askGithub(userId, projectId);
    this.github.set(key, { level, until: this.clock.ms() + githubKeptMs });
    const oldest = this.github.keys().next().value;
    if (this.github.size > rolesMax && oldest !== undefined) this.github.delete(oldest);
    return level;
  }

  private async askGithub(userId: number, projectId: number): Promise<number> {
    try {
      return (await this.requests.ask('access.github_role', { userId, projectId }, { timeoutMs: githubTimeoutMs }))
        .level;
    } catch (error) {
      const problem = new Unavailable('GitHub could not be asked about this person’s role; try again shortly.', 5);
      problem.cause = error;
      throw problem;
    }
  }
}
