import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { repository, ScriptedRunner } from '@crosstie/testkit';

import type { Bench, Ground } from './ground.ts';
import { type House, type Mode, startHouse } from './house.ts';
import { startProgram } from './processes.ts';
import { type Measured, median, percentile } from './report.ts';
import { interleave, oneByOne, type Variant } from './rounds.ts';
import { nowMs, stepsIn } from './steps.ts';

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

interface Lane {
  house: House;
  runner: ScriptedRunner;
  samples: Sample[];
}

const perRound = 10;
/** What each answer of GitHub takes in the variants where it is not next door. */
const distanceMs = 40;
/** A sample that takes longer is a fault. */
const patienceMs = 20_000;
const jobsFile = (jobs: number): string =>
  'workflow: {auto_cancel: {on_new_commit: none}}\n' +
  Array.from({ length: jobs }, (_, at) => `job${at}:\n  script: [echo ${at}]\n`).join('');

/**
 * Row b: from the begin of the webhook to the last byte of the 201 in a runner whose request is held; ten jobs.
 * The simulated GitHub stamps the begin of the POST with the machine's monotonic clock, which is ours too.
 */
export const dispatch: Bench = {
  quick: true,
  targets: {
    'dispatch/joined@10': { to: 'floor@10', p50: 1.5, p99: 2 },
    'dispatch/joined-without-github@10': { to: 'floor@10', p50: 1.5, p99: 2 },
    'dispatch/separate@10': { to: 'joined@10', p50: 1.5 },
    'dispatch/floor@10': { to: 'commit@10', p50: 6 },
    'dispatch-far/answers-waited-for@10': { max: 2 },
  },
  async run(ground) {
    const floor = await startFloor(ground);
    const commit = await ground.bareCommit(floor.databaseUrl);
    const lanes = { joined: await openLane(ground, 'joined'), separate: await openLane(ground, 'separate') };
    const rounds = ground.rounds(10);
    const variants: Variant[] = [
      { bench: 'dispatch', variant: 'commit', size: 10, round: () => oneByOne(commit, perRound) },
      { bench: 'dispatch', variant: 'floor', size: 10, round: () => many(() => floorOnce(floor.url)) },
      ...laneVariants(lanes, 10),
    ];
    const near = await interleave(rounds, variants);
    const described = near.flatMap((measured) => describe(measured, lanes));
    if (ground.quick) return described;
    return [...described, ...(await hundredJobs(lanes, rounds)), ...(await farGithub(lanes, rounds, described))];
  },
};

type Lanes = Record<Mode, Lane | null>;

function laneVariants(lanes: Lanes, size: number, bench = 'dispatch'): Variant[] {
  return Object.entries(lanes).flatMap(([variant, lane]) => {
    if (!lane) return [];
    const once = async (): Promise<number> => {
      const sample = await crosstieOnce(lane, size);
      lane.samples.push(sample);
      return sample.ms;
    };
    return [{ bench, variant, size, round: () => many(once) }];
  });
}

async function hundredJobs(lanes: Lanes, rounds: number): Promise<Measured[]> {
  for (const lane of Object.values(lanes)) await lane?.house.github.push(repository, fileOf(100));
  const once = async (lane: Lane): Promise<number[]> => [(await crosstieOnce(lane, 100)).ms];
  const variants = Object.entries(lanes).flatMap(([variant, lane]) =>
    lane ? [{ bench: 'dispatch', variant, size: 100, round: () => once(lane) }] : [],
  );
  return interleave(rounds, variants);
}

/** With answers of GitHub that take their time: how many of them the way waits for, one after the other. */
async function farGithub(lanes: Lanes, rounds: number, near: readonly Measured[]): Promise<Measured[]> {
  for (const lane of Object.values(lanes)) {
    await lane?.house.github.push(repository, fileOf(10));
    await lane?.house.github.delayEverything(distanceMs);
  }
  const far = await interleave(Math.ceil(rounds / 2), laneVariants(lanes, 10, 'dispatch-far'));
  const waits = far.flatMap(({ variant, rounds: times }): Measured[] => {
    const without = median(near.find((one) => one.variant === variant)?.rounds.flat() ?? []);
    const counted = times.map((round) => round.map((ms) => (ms - without) / distanceMs));
    const name = variant === 'joined' ? 'answers-waited-for' : `answers-waited-for-${variant}`;
    return [{ bench: 'dispatch-far', variant: name, size: 10, unit: `x ${distanceMs} ms`, rounds: counted }];
  });
  return [...far, ...waits];
}

async function openLane(ground: Ground, mode: Mode): Promise<Lane | null> {
  const house = await startHouse(ground, `dispatch_${mode}`, { mode, logLevel: 'debug' });
  if (!house) return null;
  await house.github.push(repository, fileOf(10));
  const runner = new ScriptedRunner(house.runnerUrl, house.runnerToken);
  // The first request is answered at once, with what makes the next one wait.
  await (await runner.request()).arrayBuffer();
  return { house, runner, samples: [] };
}

const fileOf = (jobs: number) => ({
  pusher: 'dana',
  files: { 'gitlab/.gitlab-ci.yml': jobsFile(jobs) },
  deliver: false,
});

async function startFloor(ground: Ground): Promise<{ url: string; databaseUrl: string }> {
  const databaseUrl = await ground.emptyDatabase('floor_dispatch');
  const floor = await startProgram([join(import.meta.dirname, 'floors/dispatch.ts'), databaseUrl], {}, /\d+\n/);
  ground.after(() => floor.stop());
  return { url: `http://127.0.0.1:${floor.started.trim()}`, databaseUrl };
}

async function many(once: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < perRound; n += 1) times.push(await once());
  return times;
}

/** Adds what is known of a lane's samples to its line, and the line of the time that was not GitHub's. */
function describe(measured: Measured, lanes: Lanes): Measured[] {
  const lane = lanes[measured.variant as Mode];
  if (!lane) return [measured];
  const [first] = lane.samples;
  const counted = lane.samples.slice(-measured.rounds.length * perRound);
  const own = counted.map(({ ms, github }) => ms - busyTime(github));
  const rounds = measured.rounds.map((_, at) => own.slice(at * perRound, (at + 1) * perRound));
  const notes = { ...notesOf(counted), cold: first && notesOf([first]) };
  return [
    { ...measured, notes },
    { ...measured, variant: `${measured.variant}-without-github`, rounds },
  ];
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

async function crosstieOnce({ house, runner }: Lane, jobs: number): Promise<Sample> {
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
  for (let left = jobs - 1; left > 0; left -= 1) await runner.runOne();
  return { ms: first.at - begun, github: spans, steps: stepsIn(house.log(), begun, first.at) };
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
