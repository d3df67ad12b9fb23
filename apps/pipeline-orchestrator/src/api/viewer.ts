import { Access, type Actor, Senders } from '@crosstie/access';
import { Identity, type Project } from '@crosstie/domain';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What decides what somebody may set moving in a project. */
export interface Viewer {
  /** May run pipelines: Developer and above. */
  readonly runs: boolean;
  /** May read logs: Reporter and above. */
  readonly readsLogs: boolean;
  /** Their GitHub account on the project's host is linked and the link works. */
  readonly linked: boolean;
  readonly termsAccepted: boolean;
  readonly seat: boolean;
}

@Injectable()
export class Viewers {
  constructor(
    @Inject(Access) private readonly access: Access,
    @Inject(Senders) private readonly senders: Senders,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  async of(actor: Actor, project: Project): Promise<Viewer> {
    // Level by level, so that GitHub is not asked where a membership says enough.
    const runs = await this.access.allows(actor.userId, 30, project.id);
    const readsLogs = runs || (await this.access.allows(actor.userId, 20, project.id));
    const identity = await this.dataSource
      .getRepository(Identity)
      .findOneBy({ userId: actor.userId, host: project.host });
    const sender = identity ? await this.senders.resolve(identity.host, identity.githubUserId) : null;
    return {
      runs,
      readsLogs,
      linked: sender?.identityState === 'linked',
      termsAccepted: sender?.termsAccepted ?? false,
      seat: sender?.seat ?? false,
    };
  }
}
