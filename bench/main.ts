import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmbeddedDatabase } from '@crosstie/embedded-database';
import pg from 'pg';

import { accept } from './accept.ts';
import { dispatch } from './dispatch.ts';
import { type House, startHouse } from './house.ts';
import { line, type Measured, type Target } from './report.ts';

interface Bench {
  run(house: House, server: string, rounds: number, perRound: number, directory: string): Promise<Measured[]>;
  rounds: number;
  perRound: number;
  /** Debug where the bench reads the steps from the log. */
  logLevel: 'info' | 'debug';
  /** What a variant is held against. */
  targets: Record<string, Target>;
}

const benches: Record<string, Bench> = {
  accept: {
    run: accept,
    rounds: 10,
    perRound: 40,
    logLevel: 'info',
    targets: {
      'accept/crosstie': { to: 'commit', p50: 3, p99: 10 },
      'accept/gateway': { to: 'commit', p50: 3, p99: 10 },
      'accept/floor': { to: 'commit', p50: 3, p99: 10 },
      // Throughput at 32 in flight: at least 0.6 of the floor's, so at most 1/0.6 of its time.
      'accept-32/crosstie': { to: 'floor', p50: 1.667 },
      'accept-32/gateway': { to: 'floor', p50: 1.667 },
    },
  },
  dispatch: {
    run: dispatch,
    rounds: 10,
    perRound: 10,
    logLevel: 'debug',
    targets: {
      'dispatch/crosstie': { to: 'floor', p50: 1.5, p99: 2 },
      'dispatch/crosstie-without-github': { to: 'floor', p50: 1.5, p99: 2 },
      'dispatch/floor': { to: 'commit', p50: 6 },
    },
  },
};

/** `main.ts [--quick] [--check] [NAME…]`: prints one JSON object a line. */
async function main(): Promise<number> {
  const options = process.argv.slice(2).filter((word) => word.startsWith('--'));
  const names = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const unknown = [
    ...names.filter((name) => !benches[name]),
    ...options.filter((option) => !['--quick', '--check'].includes(option)),
  ];
  if (unknown.length > 0) {
    process.stderr.write(`script/bench: no ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
    return 2;
  }
  const quick = options.includes('--quick');
  // A signal goes the way of a failure, so that the database ends too.
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error(signal)));
  });
  const directory = await mkdtemp(join(tmpdir(), 'crosstie-bench-'));
  const database = await startEmbeddedDatabase({ directory: join(directory, 'postgres'), fsync: true });
  try {
    const chosen = Object.entries(benches).filter(([name]) => names.length === 0 || names.includes(name));
    const missed = await Promise.race([runAll(chosen, database.url, directory, quick), interrupted]);
    return missed && options.includes('--check') ? 1 : 0;
  } finally {
    await database.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Answers whether a target was missed. */
async function runAll(
  chosen: readonly [string, Bench][],
  server: string,
  directory: string,
  quick: boolean,
): Promise<boolean> {
  const postgres = await postgresVersion(server);
  let missed = false;
  for (const [name, bench] of chosen) {
    const results = await runOne(bench, server, join(directory, name), quick);
    const env = { node: process.version, postgres, fsync: 'on', load: loadavg()[0] ?? 0 };
    for (const measured of results) {
      const target = bench.targets[`${measured.bench}/${measured.variant}`] ?? null;
      const others = results.filter((other) => other.bench === measured.bench);
      const text = line(measured, others, target, env);
      missed ||= text.includes('"holds":false');
      process.stdout.write(`${text}\n`);
    }
  }
  return missed;
}

async function runOne(bench: Bench, server: string, directory: string, quick: boolean): Promise<Measured[]> {
  const house = await startHouse(server, directory, bench.logLevel);
  try {
    const rounds = quick ? Math.ceil(bench.rounds / 3) : bench.rounds;
    return await bench.run(house, server, rounds, bench.perRound, directory);
  } catch (error) {
    process.stderr.write(`${house.log()}\n`);
    throw error;
  } finally {
    await house.stop();
  }
}

async function postgresVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();
  return rows[0]?.server_version ?? '';
}

process.exit(await main());
