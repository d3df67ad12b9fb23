import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { repository, ScriptedRunner } from '@crosstie/testkit';
import pg from 'pg';

import { type House, makeDatabase } from './house.ts';
import { startProgram } from './processes.ts';
import { type Measured, percentile } from './report.ts';

interface Span {
  route: string;
  start: number;
  end: number;
}

interface Sample {
  ms: number;
  github: Span[];
  steps: Record<string, number>;
}

const tenJobs = Array.from({ length: 10 }, (_, at) => `job${at}:\n  script: [echo ${at}]\n`).join('');
/** A sample that takes longer is a fault. */
const patienceMs = 10_000;
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

  const runner = new ScriptedRunner(house.url, house.runnerToken);
  // The first request is answered at once, with what makes the next one wait.
  await (await runner.request()).arrayBuffer();

  const names = ['commit', 'floor', 'crosstie'] as const;
  const measured = names.map((variant): Measured => ({ bench: 'dispatch', variant, rounds: [] }));
  const samples: Sample[] = [];
  let first: Sample | undefined;
  try {
    for (let round = -2; round < rounds; round += 1) {
      const times: number[][] = [[], [], []];
      for (let n = 0; n < perRound; n += 1) {
        times[0]?.push(await commitOnce(client));
        times[1]?.push(await floorOnce(floorUrl));
        const sample = await crosstieOnce(house, runner);
        times[2]?.push(sample.ms);
        first ??= sample;
        if (round >= 0) samples.push(sample);
      }
      if (round >= 0) for (const [at, list] of times.entries()) measured[at]?.rounds.push(list);
    }
  } finally {
    await client.end();
    await floor.stop();
  }
  const [, , crosstie] = measured;
  if (crosstie) crosstie.notes = { ...notesOf(samples), cold: first && notesOf([first]) };
  const own = samples.map(({ ms, github }) => ms - busyTime(github));
  const perRoundOwn = measured[2]?.rounds.map((times, at) => own.slice(at * perRound, at * perRound + times.length));
  return [...measured, { bench: 'dispatch', variant: 'crosstie-without-github', rounds: perRoundOwn ?? [] }];
}

/** Medians: when each step was reached, and how long each route of GitHub took, in milliseconds. */
function notesOf(samples: readonly Sample[]): Record<string, unknown> {
  const steps = medians(samples.map((sample) => sample.steps));
  const routes = medians(
    samples.map(({ github }) => {
      const byRoute: Record<string, number> = {};
      for (const { route, start, end } of github) byRoute[route] = (byRoute[route] ?? 0) + end - start;
      return byRoute;
    }),
  );
  const [share] = Object.values(medians(samples.map(({ github }) => ({ share: busyTime(github) }))));
  return { github_share: share, steps_at: steps, github_routes: routes };
}

function medians(records: readonly Record<string, number>[]): Record<string, number> {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const pairs = names.map((name): [string, number] => {
    const all = records.flatMap((record) => record[name] ?? []).sort((a, b) => a - b);
    return [name, Math.round(percentile(all, 0.5) * 10) / 10];
  });
  return Object.fromEntries(pairs.sort((a, b) => a[1] - b[1]));
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

async function crosstieOnce(house: House, runner: ScriptedRunner): Promise<Sample> {
  house.log();
  await house.github.clearReceived();
  const held = runner.take(AbortSignal.timeout(patienceMs)).then((job) => ({ job, at: nowMs() }));
  await wait(5);
  await house.github.push(repository, { pusher: 'dana', files: { 'counter.txt': randomUUID() } });
  const first = await held;
  const [delivery] = (await house.github.deliveries({ event: 'push' })).slice(-1);
  const begun = Number(BigInt(delivery?.sentNs ?? 0)) / 1e6;
  const spans = await githubSpans(house, begun, first.at);
  await runner.update(first.job, { state: 'running' });
  await runner.update(first.job, { state: 'success' });
  for (let left = 9; left > 0; left -= 1) await runner.runOne();
  return { ms: first.at - begun, github: spans, steps: stepsIn(house.log(), begun, first.at) };
}

/** How long after the begin each step was reached first; the claim's steps of the last try, which brought the job. */
function stepsIn(log: string, begun: number, end: number): Record<string, number> {
  const steps: Record<string, number> = {};
  for (const text of log.split('\n')) {
    if (!text.includes('"msg":"step"')) continue;
    const { step, atNs } = JSON.parse(text) as { step: string; atNs: string };
    const at = Number(BigInt(atNs)) / 1e6;
    if (at >= begun && at <= end) steps[step] = at - begun;
  }
  return { ...steps, answered: end - begun };
}

/** When requests of a sample were under way at the simulated GitHub, by route, clipped to the sample. */
async function githubSpans(house: House, from: number, to: number): Promise<Span[]> {
  const received = await house.github.received();
  await house.github.clearReceived();
  return received
    .map(({ route, startedNs, finishedNs }) => ({
      route,
      start: Math.max(from, Number(BigInt(startedNs)) / 1e6),
      end: Math.min(to, Number(BigInt(finishedNs ?? startedNs)) / 1e6),
    }))
    .filter(({ start, end }) => end > start);
}

/** How long at least one answer was under way: GitHub's share, not ours. */
function busyTime(spans: readonly Span[]): number {
  let total = 0;
  let reached = 0;
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    if (end <= reached) continue;
    total += end - Math.max(start, reached);
    reached = end;
  }
  return total;
}
