import { Pipeline, Project, WebhookDelivery } from '@crosstie/domain';
import { DELIVERY_REASONS, type DeliveryReason, explainDeliveryReason } from '@crosstie/pipeline';
import { NotFound, type Page } from '@crosstie/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';

import { pipelinePath } from './api-pipeline.js';
import type { DeliveryQuery } from './delivery-query.js';
import { pageOf } from './query-page.js';

/** A delivery and what became of it. */
export interface ApiDelivery {
  id: number;
  guid: string;
  host: string;
  event: string;
  state: string;
  reason: string | null;
  detail: string | null;
  /** What became of it, for a person. */
  sentence: string;
  received_at: string;
  done_at: string | null;
  resume_at: string | null;
  attempts: number;
  recovered: boolean;
  body_size: number;
  project: { id: number; path_with_namespace: string } | null;
  pipeline_ids: number[];
  pipelines: { id: number; status: string; web_path: string }[];
}

/** A push that waits and has no pipeline yet. */
export interface WaitingPush {
  received_at: string;
  /** When it is taken up again. */
  resume_at: string | null;
  /** How often it was taken up before. */
  attempts: number;
  /** What it waits for, for a person. */
  sentence: string;
}

const waitingMax = 100;

/** Deliveries for administrators, and what everybody may know of one. */
@Injectable()
export class DeliveryReads {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /** Newest first. */
  async list(query: DeliveryQuery): Promise<Page<ApiDelivery>> {
    const rows = this.dataSource.getRepository(WebhookDelivery).createQueryBuilder('delivery');
    for (const column of ['state', 'event', 'reason'] as const) {
      if (query[column]) rows.andWhere(`delivery.${column} = :${column}`, { [column]: query[column] });
    }
    const page = await pageOf(rows.orderBy('delivery.id', 'DESC'), query);
    return { ...page, items: await this.describe(page.items) };
  }

  /** By our id or GitHub's guid. Throws NotFound. */
  async get(ref: string): Promise<ApiDelivery> {
    const where = /^[1-9]\d{0,14}$/.test(ref) ? { id: Number(ref) } : { guid: ref };
    const row = await this.dataSource.getRepository(WebhookDelivery).findOneBy(where);
    const [answer] = row ? await this.describe([row]) : [];
    if (!answer) throw new NotFound('Delivery');
    return answer;
  }

  /** The project's pushes that wait, oldest first. */
  async waiting(projectId: number): Promise<WaitingPush[]> {
    const rows = await this.dataSource.getRepository(WebhookDelivery).find({
      select: { id: true, event: true, state: true, detail: true, receivedAt: true, resumeAt: true, attempts: true },
      where: { projectId, state: 'waiting', event: 'push' },
      // Not sorted there: the index of open deliveries is by another column, and all others are read for the order.
      take: waitingMax,
    });
    const oldestFirst = rows.toSorted((a, b) => a.id - b.id);
    return oldestFirst.map((row) => ({
      received_at: row.receivedAt.toISOString(),
      resume_at: row.resumeAt?.toISOString() ?? null,
      attempts: row.attempts,
      sentence: sentenceOf(row, 0),
    }));
  }

  private async describe(rows: readonly WebhookDelivery[]): Promise<ApiDelivery[]> {
    const pipelines = await this.dataSource.getRepository(Pipeline).find({
      select: { id: true, status: true, deliveryId: true, projectId: true },
      where: { deliveryId: In(rows.map(({ id }) => id)) },
    });
    const projectIds = [...rows, ...pipelines].map(({ projectId }) => projectId).filter((id) => id !== null);
    const projects = await this.dataSource.getRepository(Project).findBy({ id: In([...new Set(projectIds)]) });
    const names = new Map(projects.map(({ id, fullName }) => [id, fullName]));
    return rows.map((row) => {
      const made = pipelines.filter(({ deliveryId }) => deliveryId === row.id);
      return toApiDelivery(row, made, names);
    });
  }
}

function toApiDelivery(
  row: WebhookDelivery,
  pipelines: readonly Pipeline[],
  names: ReadonlyMap<number, string>,
): ApiDelivery {
  const name = names.get(row.projectId ?? 0);
  return {
    id: row.id,
    guid: row.guid,
    host: row.host,
    event: row.event,
    state: row.state,
    reason: row.reason,
    detail: row.detail,
    sentence: sentenceOf(row, pipelines.length),
    received_at: row.receivedAt.toISOString(),
    done_at: row.doneAt?.toISOString() ?? null,
    resume_at: row.resumeAt?.toISOString() ?? null,
    attempts: row.attempts,
    recovered: row.recovered,
    body_size: row.bodySize,
    project: name === undefined ? null : { id: row.projectId ?? 0, path_with_namespace: name },
    pipeline_ids: pipelines.map(({ id }) => id),
    pipelines: pipelines.map(({ id, status, projectId }) => ({
      id,
      status,
      web_path: pipelinePath(names.get(projectId) ?? '', id),
    })),
  };
}

function sentenceOf({ state, reason, detail, event }: WebhookDelivery, pipelines: number): string {
  if (state === 'received') return 'It waits to be handled.';
  if (state === 'waiting') return detail ? `It goes on later: ${detail}.` : 'It goes on later.';
  if (state === 'dead') return `It could not be handled${detail ? `: ${detail}` : ''}. An operator can replay it.`;
  if (pipelines > 0) return '';
  const known = DELIVERY_REASONS.find((candidate): candidate is DeliveryReason => candidate === reason);
  if (known) return explainDeliveryReason(known, { detail });
  return event === 'push' ? (detail ?? '') : 'It was taken in.';
}
