import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { createDataSource, createRunner, Database, randomToken, tokenHash } from '@crosstie/domain';
import { repository, ScriptedRunner, until } from '@crosstie/testkit';
import type pg from 'pg';

import type { Bench, Ground } from './ground.ts';
import type { Held, Order } from './held-clients.ts';
import { type House, startHouse } from './house.ts';
import { cpuSeconds, residentKb } from './memory.ts';
import type { Measured } from './report.ts';
import { nowMs, stepsIn } from './steps.ts';

/** As many as one runner of several managers may hold. */
const perRunner = 50;
const restS = 8;
const settleMs = 4000;
const wakes = 20;
const oneJob = 'job:\n  script: [echo]\n';

/** Row g: many held requests in one process: memory, rest, the way to wake one, and the end. */
export const heldRequests: Bench = {
  quick: true,
  targets: {
    'held-memory/crosstie@1000': { max: 16 },
    'held-memory/crosstie@10000': { max: 16 },
    'held-cpu/crosstie@1000': { max: 5 },
    'held-cpu/crosstie@10000': { max: 5 },
    // The net, one statement every five seconds, and what is written once a minute.
    'held-statements/crosstie@1000': { max: 0.4 },
    'held-statements/crosstie@10000': { max: 0.4 },
    'held-wake/crosstie@1000': { to: 'crosstie@1', p50: 2, p99: 2 },
    'held-wake/crosstie@10000': { to: 'crosstie@1', p50: 2, p99: 2 },
    'held-claims/crosstie@1000': { max: 3 },
    'held-claims/crosstie@10000': { max: 3 },
    'held-end/crosstie@1000': { max: 5 },
    'held-end/crosstie@10000': { max: 5 },
  },
  async run(ground) {
    const house = await startHouse(ground, 'held', { mode: 'separate', logLevel: 'debug' });
    if (!house) return [];
    const size = ground.quick ? 1000 : 10_000;
    const client = await ground.client(house.databaseUrl);
    await client.query('CREATE EXTENSION pg_stat_statements');
    await house.github.push(repository, { pusher: 'dana', files: { 'gitlab/.gitlab-ci.yml': oneJob }, deliver: false });
    const runner = new ScriptedRunner(house.runnerUrl, house.runnerToken);
    await (await runner.request()).arrayBuffer();
    const alone: number[] = [];
    for (let n = 0; n < wakes; n += 1) alone.push(await wakeScripted(house, runner));
    const few = { bench: 'held-wake', variant: 'crosstie', size: 1, rounds: [alone.slice(3)] };
    return [few, ...(await manyHeld(ground, house, client, size))];
  },
};

async function manyHeld(ground: Ground, house: House, client: pg.Client, size: number): Promise<Measured[]> {
  const pid = house.pids['runner-api'] ?? 0;
  const runners = await makeRunners(ground, house, Math.ceil(size / perRunner));
  const idle = await statementsOf(client, restS);
  const memoryBefore = await residentKb(pid);
  const holders = startClients(ground);
  holders.send({ port: Number(new URL(house.runnerUrl).port), runners, perRunner } satisfies Order);
  const begun = nowMs();
  await once(holders, 'message');
  const openedS = (nowMs() - begun) / 1000;
  // Each looks into the queue once before it waits. On a slow machine the first are answered before the last are in.
  const inTime = async (): Promise<number> => house.metric('runner-api', 'runner_requests_held');
  await until(async () => (await inTime()) >= size, 'all of them').catch(() => undefined);
  await wait(settleMs);
  const heldNow = await inTime();
  const memory = ((await residentKb(pid)) - memoryBefore) / heldNow;
  const cpuBefore = await cpuSeconds(pid);
  const busy = await statementsOf(client, restS);
  const cpu = (((await cpuSeconds(pid)) - cpuBefore) / restS) * 100;
  const line = (bench: string, unit: string, values: number[], notes?: Record<string, unknown>): Measured => {
    return { bench, variant: 'crosstie', size, unit, rounds: [values], ...(notes && { notes }) };
  };
  const claimsBefore = await claimsOf(client);
  const woken: number[] = [];
  for (let n = 0; n < wakes; n += 1) woken.push(await wakeHeld(house, holders));
  const claims = ((await claimsOf(client)) - claimsBefore) / wakes;
  const { open } = await tell(holders);
  const ended = nowMs();
  await house.end('runner-api');
  const last = Math.max(...(await tell(holders)).answers.map(({ at }) => at), ended);
  return [
    line('held-memory', 'KiB each', [memory], { opened_in_s: Math.round(openedS * 10) / 10, held: heldNow }),
    line('held-cpu', '% of a core', [cpu]),
    line('held-statements', 'statements a second', [ownOf(busy, idle)], { all: busy.commonest }),
    line('held-wake', 'ms', woken.slice(3)),
    line('held-claims', 'claims a job', [claims]),
    line('held-end', 's', [(last - ended) / 1000], { held_at_the_end: open }),
  ];
}

async function makeRunners(ground: Ground, house: House, n: number): Promise<Order['runners']> {
  const dataSource = createDataSource({ url: house.databaseUrl, applicationName: 'bench' });
  await dataSource.initialize();
  ground.after(() => dataSource.destroy());
  const database = new Database(dataSource);
  const runners: Order['runners'] = [];
  for (let at = 0; at < n; at += 1) {
    const token = randomToken('glrt-');
    const who = ['instance_type', null, null, `held ${at}`, null, []] as const;
    const may = [true, false, false, 'not_protected', null] as const;
    await database.run(createRunner, ...who, ...may, tokenHash(token), null, new Date());
    const first = await new ScriptedRunner(house.runnerUrl, token).request();
    await first.arrayBuffer();
    runners.push({ token, lastUpdate: first.headers.get('x-gitlab-last-update') ?? '' });
  }
  return runners;
}

function startClients(ground: Ground): ChildProcess {
  const child = fork(join(import.meta.dirname, 'held-clients.ts'));
  ground.after(async () => void child.kill());
  return child;
}

async function tell(holders: ChildProcess): Promise<Held> {
  holders.send('tell');
  const [held] = (await once(holders, 'message')) as [Held];
  return held;
}

/** From the moment the job is stored until its answer is read, in a runner that waits alone. */
async function wakeScripted(house: House, runner: ScriptedRunner): Promise<number> {
  house.log();
  const begun = nowMs();
  const held = runner.take(AbortSignal.timeout(20_000)).then((job) => ({ job, at: nowMs() }));
  await wait(10);
  await house.github.push(repository, { pusher: 'dana', files: { 'counter.txt': String(begun) } });
  const { job, at } = await held;
  await runner.update(job, { state: 'running' });
  await runner.update(job, { state: 'success' });
  await wait(100);
  return at - begun - (stepsIn(house.log(), begun, at)['intake.stored'] ?? Number.NaN);
}

/** The same, where one of many waits for it. */
async function wakeHeld(house: House, holders: ChildProcess): Promise<number> {
  house.log();
  const begun = nowMs();
  await house.github.push(repository, { pusher: 'dana', files: { 'counter.txt': String(begun) } });
  const given = await until(async () => (await tell(holders)).answers.find(({ status }) => status === 201), 'the job');
  await wait(100);
  return given.at - begun - (stepsIn(house.log(), begun, given.at)['intake.stored'] ?? Number.NaN);
}

interface Rate {
  /** Statements a second, the commonest by their beginnings. */
  commonest: Record<string, number>;
}

/** Statements that were not asked for without held requests. */
function ownOf(busy: Rate, idle: Rate): number {
  const own = Object.entries(busy.commonest).filter(([text]) => idle.commonest[text] === undefined);
  return own.reduce((sum, [, n]) => sum + n, 0);
}

/** How many statements a second runner-api asks for. */
async function statementsOf(client: pg.Client, seconds: number): Promise<Rate> {
  const before = await callsByText(client);
  await wait(seconds * 1000);
  const after = await callsByText(client);
  const rates = [...after].map(([text, n]) => [text, (n - (before.get(text) ?? 0)) / seconds] as const);
  const commonest = rates.filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  return { commonest: Object.fromEntries(commonest.slice(0, 8)) };
}

async function callsByText(client: pg.Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ text: string; n: number }>(
    `SELECT regexp_replace(left(ltrim(query, E' \n'), 60), '\\s+', ' ', 'g') AS text, sum(calls)::int AS n
     FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND rolname LIKE '%runner%'
     GROUP BY 1`,
  );
  return new Map(rows.map(({ text, n }) => [text, n]));
}

const claimsOf = (client: pg.Client): Promise<number> => calls(client, '%DELETE FROM queue_entry AS entry%');

/** How often runner-api ran statements that look so. */
async function calls(client: pg.Client, like: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT coalesce(sum(calls), 0)::int AS n
     FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND rolname LIKE '%runner%' AND query LIKE $1`,
    [like],
  );
  return rows[0]?.n ?? 0;
}
