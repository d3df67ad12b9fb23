import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { repository } from '@crosstie/testkit';
import pg from 'pg';

import { type House, makeDatabase } from './house.ts';
import { startProgram } from './processes.ts';
import type { Measured } from './report.ts';

const tenJobs = Array.from({ length: 10 }, (_, at) => `job${at}:\n  script: [echo ${at}]\n`).join('');
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * Row b: from the begin of the webhook to the last byte of the 201 in a runner whose request is held; ten jobs.
 * The simulated GitHub stamps the begin of the POST with the machine's monotonic clock, which is ours too.
 */
export async function dispatch(house: House, server: string, rounds: number, perRound: number): Promise<Measured[]> {
  const databaseUrl = await makeDatabase(server, 'floor_dispatch');
  const floor = await startProgram([join(import.meta.dirname, 'floors/dispatch.ts'), databaseUrl], {}, /\d+\n/);
  const floorUrl = `http://127.0.0.1:${floor.started.trim()}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY, body text)');
  await house.github.push(repository, { pusher: 'dana', files: { 'gitlab/.gitlab-ci.yml': tenJobs }, deliver: false });

  const names = ['commit', 'floor', 'crosstie'] as const;
  const measured = names.map((variant): Measured => ({ bench: 'dispatch', variant, rounds: [] }));
  const github: number[] = [];
  for (let round = -2; round < rounds; round += 1) {
    const times: number[][] = [[], [], []];
    for (let n = 0; n < perRound; n += 1) {
      times[0]?.push(await commitOnce(client));
      times[1]?.push(await floorOnce(floorUrl));
      const sample = await crosstieOnce(house);
      times[2]?.push(sample.ms);
      if (round >= 0) github.push(sample.githubMs);
    }
    if (round >= 0) for (const [at, list] of times.entries()) measured[at]?.rounds.push(list);
  }
  await client.end();
  await floor.stop();
  const own = github.sort((a, b) => a - b)[Math.floor(github.length / 2)];
  const crosstie = measured[2];
  if (crosstie) crosstie.notes = { github_answers_p50: own && Math.round(own * 100) / 100 };
  return measured;
}

async function commitOnce(client: pg.Client): Promise<number> {
  const begun = nowMs();
  await client.query({ name: 'bare', text: 'INSERT INTO bare (body) VALUES ($1)', values: ['x'] });
  return nowMs() - begun;
}

async function floorOnce(url: string): Promise<number> {
  const held = fetch(`${url}/request`, { method: 'POST' }).then(async (answer) => {
    await answer.arrayBuffer();
    return nowMs();
  });
  await wait(5);
  const begun = nowMs();
  await fetch(`${url}/push`, {
    method: 'POST',
    headers: { 'x-github-delivery': randomUUID() },
    body: 'x'.repeat(20_000),
  });
  const got = await held;
  for (let left = 9; left > 0; left -= 1) await (await fetch(`${url}/request`, { method: 'POST' })).arrayBuffer();
  return got - begun;
}

async function crosstieOnce(house: House): Promise<{ ms: number; githubMs: number }> {
  const since = Date.now();
  const held = requestJob(house);
  await wait(5);
  await house.github.push(repository, { pusher: 'dana', files: { 'counter.txt': randomUUID() } });
  const first = await held;
  if (!first) throw new Error('A held request ended without a job');
  const [delivery] = (await house.github.deliveries({ event: 'push' })).slice(-1);
  const begun = Number(BigInt(delivery?.sentNs ?? 0)) / 1e6;
  await finish(house, first.job);
  for (let left = 9; left > 0; left -= 1) {
    const next = await requestJob(house);
    if (next) await finish(house, next.job);
  }
  return { ms: first.at - begun, githubMs: await githubTime(house, since, begun, first.at) };
}

interface HandedJob {
  id: number;
  token: string;
}

async function requestJob(house: House): Promise<{ job: HandedJob; at: number } | null> {
  const answer = await fetch(`${house.url}/api/v4/jobs/request`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'runner-token': house.runnerToken },
    body: JSON.stringify({ token: house.runnerToken, system_id: 's_bench0000000', info: { name: 'bench' } }),
  });
  const text = await answer.text();
  const at = nowMs();
  return answer.status === 201 ? { job: JSON.parse(text) as HandedJob, at } : null;
}

async function finish(house: House, job: HandedJob): Promise<void> {
  for (const state of ['running', 'success']) {
    const answer = await fetch(`${house.url}/api/v4/jobs/${job.id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'job-token': job.token },
      body: JSON.stringify({ token: job.token, state, info: { name: 'bench' } }),
    });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`PUT ${state} of job ${job.id}: ${answer.status}`);
  }
}

/** How long the simulated GitHub had at least one answer under way within the sample: its share, not ours. */
async function githubTime(house: House, since: number, from: number, to: number): Promise<number> {
  const received = await house.github.received({ since });
  const spans = received
    .map(({ startedNs, finishedNs }) => [Number(BigInt(startedNs)) / 1e6, Number(BigInt(finishedNs ?? startedNs)) / 1e6])
    .map(([start = 0, end = 0]) => [Math.max(start, from), Math.min(end, to)] as const)
    .filter(([start, end]) => end > start)
    .sort((a, b) => a[0] - b[0]);
  let total = 0;
  let reached = from;
  for (const [start, end] of spans) {
    if (end <= reached) continue;
    total += end - Math.max(start, reached);
    reached = end;
  }
  return total;
}
