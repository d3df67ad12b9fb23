import { setTimeout as wait } from 'node:timers/promises';

import { gatherEvidence, guidsBySha } from './evidence.js';
import type { StormHouse } from './house.js';
import { checkHouse, checkSecrets, checkTokens, cloneTokensAlive, leftUndone, readLog } from './house-invariants.js';
import { checkJobs } from './job-invariants.js';
import { type Broken, checkPushes } from './push-invariants.js';
import { readRunnerRecords } from './runner-record.js';
import type { Traffic } from './traffic.js';

/** What was found when everything was over, counted and checked. */
export interface Examination {
  pushes: number;
  pipelines: number;
  statuses: number;
  /** Pushes whose last status at GitHub is an end. */
  finalStatuses: number;
  jobs: number;
  handouts: number;
  logsCompared: number;
  beginningsCompared: number;
  artifactsCompared: number;
  /** How often servers and runners were started. */
  lives: number;
  broken: Broken[];
}

export interface QuietOptions {
  /** Default four minutes: how long it may take. */
  healWithinMs?: number;
  say?: (line: string) => void;
  signal?: AbortSignal;
}

const healWithinMsDefault = 240_000;

/** Gathers what is known of the pushes and checks the invariants. */
export async function examine(house: StormHouse, traffic: Traffic): Promise<Examination> {
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
    pushes: evidence.pushes.length,
    pipelines: pipelines.length,
    statuses: evidence.pushes.reduce((sum, { statuses }) => sum + statuses.length, 0),
    finalStatuses: evidence.pushes.filter(({ statuses }) => isFinal(statuses.at(-1)?.state)).length,
    jobs: pipelines.reduce((sum, one) => sum + one.jobs.length, 0),
    handouts: pipelines.flatMap(({ jobs }) => jobs.flatMap(({ id }) => evidence.handouts.get(id) ?? [])).length,
    logsCompared: jobs.logsCompared,
    beginningsCompared: jobs.beginningsCompared,
    artifactsCompared: jobs.artifactsCompared,
    lives: house.processes.reduce((sum, { lives }) => sum + lives, 0),
    broken,
  };
}

/** Until every delivery has come, everything is done and no job's token is left; or until that takes too long. */
export async function becomeQuiet(
  house: StormHouse,
  { healWithinMs = healWithinMsDefault, say = () => undefined, signal }: QuietOptions,
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

function isFinal(state: string | undefined): boolean {
  return state === 'success' || state === 'failure' || state === 'error';
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
