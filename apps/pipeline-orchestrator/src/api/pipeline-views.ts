import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import type { Actor } from '@crosstie/access';
import {
  CommitStatus,
  Database,
  Job,
  Membership,
  type Pipeline,
  PipelineAttempt,
  Project,
  readPipelineGraph,
  User,
  WebhookDelivery,
} from '@crosstie/domain';
import { explainPipelineReason, PIPELINE_REASONS, type PipelineReason } from '@crosstie/pipeline';
import { NotFound } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, In, MoreThanOrEqual } from 'typeorm';

import { PeopleNames } from './people-names.js';
import {
  type ActionState,
  cancelPipelineState,
  isRefused,
  playState,
  type Remedy,
  remedyFor,
  retryPipelineState,
} from './permitted-actions.js';
import { Viewers } from './viewer.js';

/** What GitLab's API has no word for about one pipeline, for one viewer. */
export interface PipelineView {
  id: number;
  project_id: number;
  refusal: { reason: string; sentence: string; remedy: Remedy; helpers: string[] } | null;
  attempts: { n: number; username: string | null; cause: string; created_at: string }[];
  verdict: { wanted: string; sent: string | null; sent_at: string | null; last_error: string | null } | null;
  delivery: { id: number; guid: string } | null;
  /** The newer pipeline of the branch that ended it. */
  auto_canceled_by: number | null;
  /** Texts that were included, with the digest that each had then; `pinned` is null but for remote ones. */
  includes: { name: string; digest: string; pinned: boolean | null }[];
  actions: { retry: ActionState; cancel: ActionState; play: ActionState };
}

const unpack = promisify(gunzip);
const helpersMax = 5;
const runs = 30;

@Injectable()
export class PipelineViews {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Viewers) private readonly viewers: Viewers,
    @Inject(PeopleNames) private readonly people: PeopleNames,
  ) {}

  async of(actor: Actor, pipeline: Pipeline): Promise<PipelineView> {
    const project = await this.dataSource.getRepository(Project).findOneBy({ id: pipeline.projectId });
    if (!project) throw new NotFound('Project');
    const viewer = await this.viewers.of(actor, project);
    const state = { ...pipeline, jobStatuses: await this.jobStatuses(pipeline) };
    const reason = isRefused(state) ? pipeline.failureReason : null;
    const remedy = reason === null ? null : remedyFor(viewer, reason);
    return {
      id: pipeline.id,
      project_id: pipeline.projectId,
      refusal:
        reason === null || remedy === null
          ? null
          : {
              reason,
              sentence: sentenceOf(pipeline, reason),
              remedy,
              helpers: remedy === 'ask_someone' ? await this.helpers(project.id) : [],
            },
      attempts: await this.attempts(pipeline.id),
      verdict: await this.verdict(pipeline),
      delivery: await this.delivery(pipeline.deliveryId),
      auto_canceled_by: pipeline.autoCanceledBy,
      includes: await this.includes(pipeline),
      actions: {
        retry: retryPipelineState(viewer, state),
        cancel: cancelPipelineState(viewer, state),
        play: playState(viewer),
      },
    };
  }

  private async jobStatuses({ id, attempt }: Pipeline): Promise<string[]> {
    const jobs = await this.dataSource
      .getRepository(Job)
      .find({ select: { id: true, status: true }, where: { pipelineId: id, attempt, retried: false } });
    return jobs.map(({ status }) => status);
  }

  private async attempts(pipelineId: number): Promise<PipelineView['attempts']> {
    const rows = await this.dataSource
      .getRepository(PipelineAttempt)
      .find({ where: { pipelineId }, order: { n: 'ASC' } });
    const people = await this.people.byId(rows.map(({ userId }) => userId));
    return rows.map((row) => ({
      n: row.n,
      username: people.get(row.userId ?? 0)?.username ?? null,
      cause: row.cause,
      created_at: row.createdAt.toISOString(),
    }));
  }

  private async verdict({ id, projectId }: Pipeline): Promise<PipelineView['verdict']> {
    const row = await this.dataSource.getRepository(CommitStatus).findOneBy({ pipelineId: id, projectId });
    if (!row) return null;
    return {
      wanted: row.wantedState,
      sent: row.sentState,
      sent_at: row.sentAt?.toISOString() ?? null,
      last_error: row.lastError,
    };
  }

  private async includes({ id, attempt }: Pipeline): Promise<PipelineView['includes']> {
    const stored = await this.database.first(readPipelineGraph, id, attempt);
    if (!stored) return [];
    const text = (await unpack(stored.body)).toString('utf8');
    const { includes = [] } = JSON.parse(text) as { includes?: { key: string; digest: string; pinned?: boolean }[] };
    return includes.map(({ key, digest, pinned = null }) => ({
      name: key.replace(/^(?:remote|project|component):/, ''),
      digest,
      pinned,
    }));
  }

  private async delivery(id: number | null): Promise<PipelineView['delivery']> {
    if (id === null) return null;
    const row = await this.dataSource.getRepository(WebhookDelivery).findOneBy({ id });
    return row ? { id: row.id, guid: row.guid } : null;
  }

  /** Some who may run it: explicit members first, then administrators. */
  private async helpers(projectId: number): Promise<string[]> {
    const members = await this.dataSource
      .getRepository(Membership)
      .find({ where: { projectId, accessLevel: MoreThanOrEqual(runs) }, take: helpersMax });
    const users = this.dataSource.getRepository(User);
    const found = await users.findBy({ id: In(members.map(({ userId }) => userId)), state: 'active' });
    const admins =
      found.length > 0 ? [] : await users.find({ where: { isAdmin: true, state: 'active' }, take: helpersMax });
    return [...found, ...admins].map(({ username }) => username);
  }
}

function sentenceOf(pipeline: Pipeline, reason: string): string {
  if (pipeline.failureMessage) return pipeline.failureMessage;
  const known = PIPELINE_REASONS.find((candidate): candidate is PipelineReason => candidate === reason);
  return known ? explainPipelineReason(known, { login: pipeline.senderLogin }) : reason;
}
