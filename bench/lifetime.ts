import { setTimeout as wait } from 'node:timers/promises';

import { repository, ScriptedRunner, until } from '@crosstie/testkit';
import type pg from 'pg';

import type { Bench } from './ground.ts';
import { type House, startHouse } from './house.ts';
import type { Measured } from './report.ts';

const jobs = 10;
const warm = 10;
const ciFile = Array.from({ length: jobs }, (_, at) => `job${at}:\n  script: [echo ${at}]\n`).join('');

/** What the server counted up to a moment. */
interface Counts {
  atMs: number;
  lsn: string;
  statements: number;
  messages: number;
  /** Calls by the beginnings of statements. */
  calls: Record<string, number>;
}

interface Cost {
  seconds: number;
  statements: number;
  commits: number;
  walKb: number;
  messages: number;
  calls: Record<string, number>;
}

/**
 * Row i: what a pipeline of ten jobs costs from push to verdict, counted by PostgreSQL itself; what Crosstie does
 * by the clock is measured while nothing happens, and taken off.
 */
export const lifetime: Bench = {
  quick: false,
  targets: {
    'lifetime/statements@10': { max: 10 + 6 * jobs },
    'lifetime/commits@10': { max: 9 + 4 * jobs },
    'lifetime/wal@10': { max: 20 + 6 * jobs },
    'lifetime/messages@10': { max: 4 + 3 * jobs },
  },
  async run(ground) {
    const house = await startHouse(ground, 'lifetime');
    if (!house) return [];
    const client = await ground.client(house.databaseUrl);
    await client.query('CREATE EXTENSION pg_stat_statements');
    await client.query('CREATE EXTENSION pg_walinspect');
    await house.github.push(repository, {
      pusher: 'dana',
      files: { 'gitlab/.gitlab-ci.yml': ciFile },
      deliver: false,
    });
    const runner = new ScriptedRunner(house.runnerUrl, house.runnerToken);
    for (let n = 0; n < warm; n += 1) await runPipeline(house, runner, n);
    await settled(client);
    const idle = await costOf(client, () => wait(10_000));
    await client.query('CHECKPOINT');
    const pipelines = ground.rounds(100);
    const busy = await costOf(client, async () => {
      for (let n = 0; n < pipelines; n += 1) await runPipeline(house, runner, warm + n);
      await settled(client);
    });
    const each = (kind: 'statements' | 'commits' | 'walKb' | 'messages'): number =>
      (busy[kind] - (idle[kind] / idle.seconds) * busy.seconds) / pipelines;
    const line = (variant: string, unit: string, value: number): Measured => {
      return { bench: 'lifetime', variant, size: jobs, unit, rounds: [[value]], notes: { pipelines } };
    };
    const counted = line('statements', 'statements', each('statements'));
    counted.notes = { pipelines, each: eachStatement(idle, busy, pipelines) };
    return [
      counted,
      line('commits', 'commits', each('commits')),
      line('wal', 'KB', each('walKb')),
      line('messages', 'messages', each('messages')),
    ];
  },
};

/** How often a pipeline has each statement run, as far as it does. */
function eachStatement(idle: Cost, busy: Cost, pipelines: number): Record<string, number> {
  const counted = Object.entries(busy.calls).map(([text, n]): [string, number] => {
    const byTheClock = ((idle.calls[text] ?? 0) / idle.seconds) * busy.seconds;
    return [text, Math.round(((n - byTheClock) / pipelines) * 100) / 100];
  });
  return Object.fromEntries(counted.filter(([, n]) => n > 0.04).sort((a, b) => b[1] - a[1]));
}

async function runPipeline(house: House, runner: ScriptedRunner, n: number): Promise<void> {
  await house.github.push(repository, { pusher: 'dana', files: { 'counter.txt': String(n) } });
  for (let left = jobs; left > 0; left -= 1) await runner.runOne();
}

/** Every verdict is at GitHub and every clone token has ended there. */
async function settled(client: pg.Client): Promise<void> {
  await until(
    async () => {
      const { rows } = await client.query<{ n: number }>(
        `SELECT (SELECT count(*) FROM token_lease WHERE purpose = 'clone' AND revoked_at IS NULL)::int
              + (SELECT count(*) FROM pipeline WHERE finished_at IS NULL)::int AS n`,
      );
      return rows[0]?.n === 0;
    },
    'the end of every pipeline and its token',
    30_000,
  );
  await wait(2000);
}

async function costOf(client: pg.Client, work: () => Promise<unknown>): Promise<Cost> {
  const before = await count(client);
  await work();
  const after = await count(client);
  const { rows } = await client.query<{ wal: number; commits: number }>(
    `SELECT pg_wal_lsn_diff($2, $1)::float8 AS wal,
            (SELECT count(*)::int FROM pg_get_wal_records_info($1, $2)
              WHERE resource_manager = 'Transaction' AND record_type = 'COMMIT') AS commits`,
    [before.lsn, after.lsn],
  );
  return {
    seconds: (after.atMs - before.atMs) / 1000,
    statements: after.statements - before.statements,
    commits: rows[0]?.commits ?? 0,
    walKb: (rows[0]?.wal ?? 0) / 1024,
    messages: after.messages - before.messages,
    calls: Object.fromEntries(
      Object.entries(after.calls).map(([text, n]): [string, number] => [text, n - (before.calls[text] ?? 0)]),
    ),
  };
}

async function count(client: pg.Client): Promise<Counts> {
  const { rows } = await client.query<{ lsn: string; messages: number }>(
    `SELECT pg_current_wal_insert_lsn()::text AS lsn, (SELECT coalesce(max(id), 0)::int FROM outbox_event) AS messages`,
  );
  // What is asked here and in `settled` is no part of it.
  const { rows: texts } = await client.query<{ text: string; n: number }>(
    `SELECT regexp_replace(left(ltrim(query, E' \\n'), 90), '\\s+', ' ', 'g') AS text, sum(calls)::int AS n
     FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND query !~ 'pg_stat_statements|pg_get_wal_records_info|pg_current_wal_insert_lsn|finished_at IS NULL\\)::int AS n'
     GROUP BY 1`,
  );
  const [row] = rows;
  if (!row) throw new Error('The server counted nothing');
  const statements = texts.reduce((sum, { n }) => sum + n, 0);
  const calls = Object.fromEntries(texts.map(({ text, n }) => [text, n]));
  return { ...row, statements, calls, atMs: performance.now() };
}
