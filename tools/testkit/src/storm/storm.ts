import { setTimeout as wait } from 'node:timers/promises';

import { gatherEvidence, guidsBySha } from './evidence.js';
import { StormHouse } from './house.js';
import { checkHouse, checkSecrets, checkTokens, cloneTokensAlive, leftUndone, readLog } from './house-invariants.js';
import { checkJobs } from './job-invariants.js';
import { type Mode, planStorm } from './plan.js';
import { type Broken, checkPushes } from './push-invariants.js';
import { readRunnerRecords } from './runner-record.js';
import { Traffic } from './traffic.js';
import { Weather } from './weather.js';

export interface StormOptions {
  seed: number;
  /** How long things go wrong. */
  ms: number;
  mode: Mode;
  /** Default 1200: the time from one action to the next, on average. */
  everyMs?: number;
  /** Default four minutes: how long it may take to heal afterwards. */
  healWithinMs?: number;
  /** Keeps all logs and rows of PostgreSQL, and says where, if an invariant is broken. */
  keepBroken?: boolean;
  say?: (line: string) => void;
  /** Ends it early, and takes everything down. */
  signal?: AbortSignal;
}

export interface StormReport {
  faults: Map<string, number>;
  pushes: number;
  pipelines: number;
  statuses: number;
  jobs: number;
  handouts: number;
  logsCompared: number;
  beginningsCompared: number;
  artifactsCompared: number;
  /** How often servers and runners were started. */
  lives: number;
  healedAfterMs: number;
  broken: Broken[];
  /** Where everything lies, if it was kept. */
  directory: string | null;
}

const healWithinMsDefault = 240_000;

/** Builds a house, lets the storm of that seed over it, heals it, and checks what must hold. */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const say = options.say ?? (() => undefined);
  const steps = planStorm(options);
  const house = await StormHouse.build(options.mode);
  try {
    const traffic = new Traffic(house.github, house.dana);
    const weather = new Weather(house, traffic);
    say(`${steps.length} actions; everything lies in ${house.directory}`);
    await weather.play(steps, options.signal);
    say('the storm is over; healing');
    const began = performance.now();
    await weather.heal();
    await becomeQuiet(house, options, say);
    const healedAfterMs = Math.round(performance.now() - began);
    say(`quiet after ${healedAfterMs} ms; checking`);
    const report = { ...(await examine(house, traffic, weather)), healedAfterMs };
    if (report.broken.length > 0 && options.keepBroken) house.keepDirectory();
    return { ...report, directory: report.broken.length > 0 && options.keepBroken ? house.directory : null };
  } finally {
    await house.tearDown();
  }
}

async function examine(
  house: StormHouse,
  traffic: Traffic,
  weather: Weather,
): Promise<Omit<StormReport, 'healedAfterMs' | 'directory'>> {
  const evidence = await gatherEvidence(house, traffic);
  const jobs = await checkJobs(evidence, (jobId) => readLog(house, jobId));
  const broken = [
    ...checkPushes(evidence),
    ...jobs.broken,
    ...(await checkTokens(house, evidence)),
    ...(await checkSecrets(house, evidence)),
    ...(await checkHouse(house, traffic)),
  ];
  const pipelines = evidence.pushes.flatMap((push) => push.pipelines);
  return {
    faults: weather.counts,
    pushes: evidence.pushes.length,
    pipelines: pipelines.length,
    statuses: evidence.pushes.reduce((sum, { statuses }) => sum + statuses.length, 0),
    jobs: pipelines.reduce((sum, one) => sum + one.jobs.length, 0),
    handouts: [...evidence.handouts.values()].flat().length,
    logsCompared: jobs.logsCompared,
    beginningsCompared: jobs.beginningsCompared,
    artifactsCompared: jobs.artifactsCompared,
    lives: house.processes.reduce((sum, { lives }) => sum + lives, 0),
    broken,
  };
}

/** Until every delivery has come, everything is done and no job's token is left; or until that takes too long. */
async function becomeQuiet(
  house: StormHouse,
  { healWithinMs = healWithinMsDefault, signal }: StormOptions,
  say: (line: string) => void,
): Promise<void> {
  const end = performance.now() + healWithinMs;
  let quietTimes = 0;
  let told = '';
  // Twice, since between two steps there is a moment in which nothing lies about.
  while (performance.now() < end && quietTimes < 2) {
    const left = await whatIsLeft(house);
    quietTimes = left === null ? quietTimes + 1 : 0;
    if (left !== null && left !== told) say(`  waiting for ${left}`);
    told = left ?? '';
    await wait(1000, undefined, { signal });
  }
}

async function whatIsLeft(house: StormHouse): Promise<string | null> {
  const missing = await deliveriesMissing(house);
  if (missing > 0) return `${missing} deliveries to come in`;
  const undone = await leftUndone(house);
  if (undone !== null) return undone;
  const alive = await tokensAlive(house);
  return alive === 0 ? null : `${alive} tokens of jobs to be ended`;
}

async function deliveriesMissing(house: StormHouse): Promise<number> {
  const sent = [...(await guidsBySha(house)).values()].flatMap((guids) => [...guids]);
  const known = new Set(
    (await house.rows<{ guid: string }>('SELECT guid FROM webhook_delivery')).map(({ guid }) => guid),
  );
  return sent.filter((guid) => !known.has(guid)).length;
}

async function tokensAlive(house: StormHouse): Promise<number> {
  const handouts = await readRunnerRecords(house.records);
  return cloneTokensAlive(house.github, [...handouts.values()].flat());
}
