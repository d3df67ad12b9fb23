import type { ReceivedStatus } from '@crosstie/github-simulator';
import { setTimeout as wait } from 'node:timers/promises';

import type { Api } from '../api.js';
import { repository } from '../world.js';
import { groupBy } from './group-by.js';
import type { StormHouse } from './house.js';
import { type Handout, readRunnerRecords } from './runner-record.js';
import type { Push, Traffic } from './traffic.js';

export interface JobFact {
  id: number;
  name: string;
  status: string;
  failure_reason: string | null;
  finished_at: string | null;
}

export interface PipelineFact {
  id: number;
  status: string;
  failure_reason: string | null;
  jobs: JobFact[];
}

export interface DeliveryFact {
  guid: string;
  /** Null: Crosstie knows nothing of it. */
  state: string | null;
  reason: string | null;
  pipelineIds: number[];
}

/** All that is known from outside of one push. */
export interface PushFact extends Push {
  deliveries: DeliveryFact[];
  pipelines: PipelineFact[];
  /** As GitHub received them, oldest first. */
  statuses: ReceivedStatus[];
}

export interface Evidence {
  pushes: PushFact[];
  handouts: Map<number, Handout[]>;
}

const base = `/api/v4/projects/${encodeURIComponent(repository)}`;

/** Asks GitHub, the API and the runners' records what became of every push. */
export async function gatherEvidence(house: StormHouse, traffic: Traffic): Promise<Evidence> {
  const ask = patiently(house.kim);
  const guids = await guidsBySha(house);
  const statuses = groupBy(await house.github.statuses(repository), ({ sha }) => sha);
  const pushes: PushFact[] = [];
  for (const push of traffic.pushes) {
    pushes.push({
      ...push,
      deliveries: await Promise.all([...(guids.get(push.sha) ?? [])].map((guid) => readDelivery(ask, guid))),
      pipelines: await readPipelines(ask, push.sha),
      statuses: statuses.get(push.sha) ?? [],
    });
  }
  return { pushes, handouts: await readRunnerRecords(house.records, house.database.ends) };
}

/** GitHub's numbers for the deliveries of each push. */
export async function guidsBySha({ github }: StormHouse): Promise<Map<string, Set<string>>> {
  const guids = new Map<string, Set<string>>();
  for (const { guid, payload } of await github.deliveries({ event: 'push' })) {
    const sha = (payload as { after: string }).after;
    guids.set(sha, (guids.get(sha) ?? new Set()).add(guid));
  }
  return guids;
}

/** Reads, and waits where it is told that it asks too much. Null: there is no such thing. */
type Ask = <T>(path: string) => Promise<T | null>;

function patiently(api: Api): Ask {
  return async <T>(path: string): Promise<T | null> => {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await api.get(path);
      if (answer.status === 200) return answer.body as T;
      if (answer.status === 404) return null;
      if (answer.status !== 429 || attempt > 90) throw new Error(`GET ${path}: ${answer.status}`);
      await wait(1000);
    }
  };
}

async function readDelivery(ask: Ask, guid: string): Promise<DeliveryFact> {
  const found = await ask<{ state: string; reason: string | null; pipeline_ids: number[] }>(
    `/api/crosstie/v1/deliveries/${guid}`,
  );
  return {
    guid,
    state: found?.state ?? null,
    reason: found?.reason ?? null,
    pipelineIds: found?.pipeline_ids ?? [],
  };
}

async function readPipelines(ask: Ask, sha: string): Promise<PipelineFact[]> {
  const found = (await ask<{ id: number }[]>(`${base}/pipelines?sha=${sha}`)) ?? [];
  return Promise.all(
    found.map(async ({ id }) => {
      const pipeline = await ask<PipelineFact>(`${base}/pipelines/${id}`);
      if (!pipeline) throw new Error(`pipeline ${id} is listed and is not there`);
      const jobs = (await ask<JobFact[]>(`${base}/pipelines/${id}/jobs?include_retried=true&per_page=100`)) ?? [];
      return { ...pipeline, jobs: jobs.sort((a, b) => a.id - b.id) };
    }),
  );
}
