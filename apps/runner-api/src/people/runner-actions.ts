import { Access, type Actor } from '@crosstie/access';
import {
  changeRunner,
  createRunner,
  endRunnerToken,
  Database,
  Installation,
  moveStranded,
  recordAudit,
  removeRunner,
  replaceRunnerToken,
  Runner,
  shareRunner,
  tokenHash,
  unshareRunner,
} from '@crosstie/domain';
import { Wakes } from '@crosstie/messaging';
import { BadRequest, Clock, Conflict, CrosstieConfig, Forbidden, NotFound } from '@crosstie/platform';
import { Injectable } from '@nestjs/common';

import { newRunnerToken, runnerTokenEnd } from '../runners/tokens.js';
import type { NewRunner, RunnerFields } from './runner-fields.js';
import { RunnerReads } from './runner-reads.js';

const maintainer = 40;
const movedAtOnce = 1_000;

export interface CreatedRunner {
  id: number;
  /** Shown this once. */
  token: string;
  token_expires_at: string | null;
}

/** What people do about runners. Each act is in the audit. */
@Injectable()
export class RunnerActions {
  constructor(
    private readonly database: Database,
    private readonly access: Access,
    private readonly reads: RunnerReads,
    private readonly wakes: Wakes,
    private readonly config: CrosstieConfig,
    private readonly clock: Clock,
  ) {}

  /** Throws Forbidden or NotFound for who may not, BadRequest for what would never run a job. */
  async create(actor: Actor, wanted: NewRunner): Promise<CreatedRunner> {
    const owner = await this.ownerFor(actor, wanted);
    const tags = wanted.tag_list ?? [];
    const runUntagged = wanted.run_untagged ?? true;
    refuseUseless(tags, runUntagged);
    const token = newRunnerToken();
    const who = [wanted.runner_type, owner.key, owner.projectId] as const;
    const about = [wanted.description ?? '', wanted.maintenance_note ?? null, tags, runUntagged] as const;
    const rules = [
      wanted.locked ?? false,
      wanted.paused ?? false,
      wanted.access_level ?? 'not_protected',
      wanted.maximum_timeout ?? null,
    ] as const;
    const end = runnerTokenEnd(this.config, this.clock);
    const id = await this.database.transaction(async (tx) => {
      const made = await tx.first(
        createRunner,
        ...who,
        ...about,
        ...rules,
        tokenHash(token),
        actor.userId,
        this.clock.now(),
      );
      if (!made) throw new Error('The runner was not stored');
      if (end) await tx.run(endRunnerToken, made.id, end);
      await recordAudit(tx, {
        ...audited(actor, 'runner.created', made.id),
        details: { type: wanted.runner_type, tags },
      });
      return made.id;
    });
    if (wanted.runner_type !== 'instance_type') await this.bringWaitingJobs();
    return { id, token, token_expires_at: end?.toISOString() ?? null };
  }

  async change(actor: Actor, id: number, fields: RunnerFields): Promise<void> {
    const runner = await this.reads.find(actor, id);
    const tags = fields.tag_list ?? runner.tags;
    const runUntagged = fields.run_untagged ?? runner.runUntagged;
    refuseUseless(tags, runUntagged);
    const next = settingsOf(runner, fields);
    await this.database.transaction(async (tx) => {
      const row = await tx.first(changeRunner, id, next.description, next.note, tags, runUntagged, ...next.rules);
      if (!row) throw new NotFound('Runner');
      await recordAudit(tx, { ...audited(actor, 'runner.changed', id), details: { fields: Object.keys(fields) } });
    });
  }

  async remove(actor: Actor, id: number): Promise<void> {
    await this.reads.find(actor, id);
    await this.database.transaction(async (tx) => {
      await tx.run(removeRunner, id);
      await recordAudit(tx, audited(actor, 'runner.deleted', id));
    });
  }

  /** Another token; the old one is refused from this moment on. */
  async resetToken(actor: Actor, id: number): Promise<{ token: string; token_expires_at: Date | null }> {
    await this.reads.find(actor, id);
    const token = newRunnerToken();
    return this.database.transaction(async (tx) => {
      const row = await tx.first(replaceRunnerToken, id, tokenHash(token), runnerTokenEnd(this.config, this.clock));
      if (!row) throw new NotFound('Runner');
      await recordAudit(tx, audited(actor, 'runner.token_reset', id));
      return { token, token_expires_at: row.token_expires_at };
    });
  }

  /**
   * Lets a project use the runner of another project. Throws NotFound or Forbidden for who does not maintain both,
   * Forbidden for a locked runner, BadRequest for one that is no project's, Conflict when it does already.
   */
  async share(actor: Actor, id: number, projectId: number): Promise<void> {
    await this.access.require(actor, maintainer, projectId);
    const runner = await this.reads.find(actor, id);
    if (runner.projectId === null) throw new BadRequest('runner_id is a runner that serves every project of its owner');
    if (runner.locked) throw new Forbidden('This runner is locked to its project: unlock it first.');
    if (runner.projectId === projectId) throw new Conflict('409 Runner was already enabled for this project');
    await this.database.transaction(async (tx) => {
      const row = await tx.first(shareRunner, id, projectId);
      if (!row) throw new Conflict('409 Runner was already enabled for this project');
      await recordAudit(tx, { ...audited(actor, 'runner.shared', id), details: { projectId } });
    });
    await this.bringWaitingJobs();
  }

  /** Throws NotFound where the project does not use the runner, Forbidden for the project that owns it. */
  async unshare(actor: Actor, id: number, projectId: number): Promise<void> {
    await this.access.require(actor, maintainer, projectId);
    const owned = await this.database.dataSource.getRepository(Runner).findOneBy({ id, projectId });
    if (owned) throw new Forbidden('The runner belongs to this project: delete it instead.');
    await this.database.transaction(async (tx) => {
      if (!(await tx.first(unshareRunner, id, projectId))) throw new NotFound('Runner');
      await recordAudit(tx, { ...audited(actor, 'runner.unshared', id), details: { projectId } });
    });
  }

  private async ownerFor(actor: Actor, wanted: NewRunner): Promise<{ key: string | null; projectId: number | null }> {
    if (wanted.runner_type === 'project_type') {
      if (wanted.project_id === undefined) throw new BadRequest('project_id is missing');
      await this.access.require(actor, maintainer, wanted.project_id);
      return { key: null, projectId: wanted.project_id };
    }
    if (!actor.isAdmin) {
      throw new Forbidden(
        'Only an administrator makes runners that several projects share; make one for your project.',
      );
    }
    if (wanted.runner_type === 'instance_type') return { key: null, projectId: null };
    if (wanted.group_id === undefined) throw new BadRequest('group_id is missing');
    const installation = await this.database.dataSource
      .getRepository(Installation)
      .findOneBy({ accountId: wanted.group_id });
    if (!installation) throw new NotFound('Group');
    return { key: `${installation.host}/${installation.accountId}`, projectId: null };
  }

  private async bringWaitingJobs(): Promise<void> {
    const moved = await this.database.run(moveStranded, movedAtOnce);
    this.wakes.publish(moved.map((entry) => entry.lane_id));
  }
}

function refuseUseless(tags: readonly string[], runUntagged: boolean): void {
  if (tags.length > 0 || runUntagged) return;
  throw new BadRequest('tag_list is empty and run_untagged is false: this runner would never run a job');
}

function settingsOf(runner: Runner, fields: RunnerFields) {
  return {
    description: fields.description ?? runner.description,
    note: fields.maintenance_note ?? runner.maintenanceNote,
    rules: [
      fields.locked ?? runner.locked,
      fields.paused ?? runner.paused,
      fields.access_level ?? runner.accessLevel,
      fields.maximum_timeout === undefined ? runner.maximumTimeout : fields.maximum_timeout,
    ] as const,
  };
}

function audited(actor: Actor, action: string, entityId: number) {
  return { actorId: actor.userId, action, entityType: 'runner', entityId };
}
