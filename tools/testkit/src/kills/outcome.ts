import { createHash } from 'node:crypto';

import { expect } from '@jest/globals';

import { type JobView, type PipelineView, statusesOf } from '../pipelines.js';
import { until } from '../until.js';
import { repository } from '../world.js';
import type { House, Push } from './house.js';
import type { Journal } from './journal.js';

const final = ['success', 'failure', 'error'];
const stateOf: Record<string, string> = { success: 'success', failed: 'failure' };

export interface Delivered {
  guid: string;
  state: string;
  recovered: boolean;
  pipeline_ids: number[];
}

export interface Expected {
  status?: 'success' | 'failed';
  /** Of the runner that had the jobs. */
  journal?: Journal;
  /** How many statuses GitHub had of the commit before a retry. */
  statusesBefore?: number;
}

/**
 * What must hold after every kill: the push has one pipeline, which ended as told; GitHub shows its end and was told
 * nothing older after it; each job ran once; its log is what its runner sent; nothing lies about undone.
 */
export async function expectOneOutcome(
  house: House,
  push: Push,
  { status = 'success', journal = house.journal, statusesBefore = 0 }: Expected = {},
): Promise<PipelineView> {
  const pipeline = await onlyPipeline(house, push, status);
  const path = `/api/v4/projects/${pipeline.project_id}`;
  for (const delivery of await deliveriesOf(house, push)) expect(delivery.pipeline_ids).toEqual([pipeline.id]);

  const wanted = stateOf[status];
  const statuses = await until(
    async () => {
      const found = (await statusesOf(house.github, repository, push.sha)).slice(statusesBefore);
      return found.at(-1)?.state === wanted && found;
    },
    `the status ${wanted} of ${push.sha.slice(0, 8)} at GitHub`,
  );
  const states = statuses.map(({ state }) => state);
  const ended = states.findIndex((state) => final.includes(state));
  expect(new Set(states.slice(ended))).toEqual(new Set([wanted]));

  expect(new Set(pipeline.jobs.map(({ name }) => name)).size).toBe(pipeline.jobs.length);
  if (status === 'success') for (const { id } of pipeline.jobs) await expectRunOnce(house, journal, path, id);

  await expectNothingLeft(house);
  return pipeline;
}

/** Waits for the end of the one pipeline of a push; says how it stands where it does not come. */
async function onlyPipeline(house: House, push: Push, status: string): Promise<PipelineView> {
  const base = `/api/v4/projects/${encodeURIComponent(repository)}/pipelines`;
  return until(
    async () => {
      const found = await house.api.read<{ id: number }[]>(`${base}?sha=${push.sha}`);
      const [first] = found;
      if (!first || found.length > 1) throw new Error(`there are ${found.length} pipelines`);
      const pipeline = await house.api.read<PipelineView>(`${base}/${first.id}`);
      pipeline.jobs = await house.api.read<JobView[]>(`${base}/${first.id}/jobs?include_retried=true`);
      if (pipeline.status === status) return pipeline;
      const jobs = pipeline.jobs.map((job) => `${job.name} ${job.status}`).join(', ');
      throw new Error(`pipeline ${pipeline.id} is ${pipeline.status} (${pipeline.failure_reason}): ${jobs}`);
    },
    `the pipeline of ${push.sha.slice(0, 8)} to be ${status}`,
    30_000,
  );
}

/** The deliveries of a push that Crosstie has, by GitHub's numbers for them. */
export async function deliveriesOf(house: House, push: Push): Promise<Delivered[]> {
  const sent = await house.github.deliveries({ event: 'push' });
  const guids = sent.filter(({ payload }) => (payload as { after: string }).after === push.sha).map(({ guid }) => guid);
  const read = (guid: string) => house.api.read<Delivered>(`/api/crosstie/v1/deliveries/${guid}`);
  return Promise.all([...new Set(guids)].map(read));
}

async function expectRunOnce(house: House, journal: Journal, project: string, jobId: number): Promise<void> {
  // Its answer may be lost, so the acknowledgement alone says nothing: whatever was accepted came from one hand-out.
  expect(new Set(journal.accepted(jobId).map(({ token }) => token)).size).toBe(1);
  expect(journal.ends(jobId).length).toBeLessThanOrEqual(1);
  const stored = await fetch(`${house.server.url}${project}/jobs/${jobId}/trace`, {
    headers: { 'private-token': house.api.token },
  });
  const bytes = Buffer.from(await stored.arrayBuffer());
  expect(bytes.length).toBeGreaterThan(0);
  expect(sha256(bytes)).toBe(sha256(journal.log(jobId)));
}

async function expectNothingLeft(house: House): Promise<void> {
  await until(
    async () => {
      const [left] = await house.rows<Record<string, number>>(`
        SELECT (SELECT count(*)::int FROM outbox_event WHERE published_at IS NULL) AS untold,
               (SELECT count(*)::int FROM event_attempt) AS unhandled,
               (SELECT count(*)::int FROM webhook_delivery WHERE state IN ('received', 'waiting')) AS deliveries,
               (SELECT count(*)::int FROM commit_status WHERE sent_version < version) AS statuses,
               (SELECT count(*)::int FROM queue_entry) AS queued`);
      if (Object.values(left ?? {}).every((count) => count === 0)) return true;
      throw new Error(JSON.stringify(left));
    },
    'nothing to lie about undone',
    20_000,
  );
  expect(await house.rows('SELECT service, type, error FROM dead_letter')).toEqual([]);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
