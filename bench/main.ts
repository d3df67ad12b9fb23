import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { benches } from './benches.ts';
import { type Bench, Ground } from './ground.ts';
import { type Environment, type Line, lineOf, type Measured, nameOf } from './report.ts';

const usage = 'script/bench [--quick] [--check] [--against FILE] [NAME…]';

/** Runs the named benches, or all, and prints one JSON object a line. @returns the exit status */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, check: { type: 'boolean' }, against: { type: 'string' } },
  });
  const unknown = positionals.filter((name) => !benches[name]);
  if (unknown.length > 0) {
    process.stderr.write(`usage: ${usage}\nno ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
    return 2;
  }
  const quick = values.quick === true;
  const isWanted = ([name, bench]: [string, Bench]): boolean =>
    positionals.length > 0 ? positionals.includes(name) : bench.quick || !quick;
  const earlier = await readLines(values.against);
  // A signal goes the way of a failure, so that the database ends too.
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error(signal)));
  });
  const ground = await Ground.open(quick);
  try {
    const wanted = Object.entries(benches).filter(isWanted);
    const missed = await Promise.race([runAll(wanted, ground, earlier), interrupted]);
    return missed && values.check ? 1 : 0;
  } finally {
    await ground.close();
  }
}

/** Answers whether a target was missed. */
async function runAll(
  wanted: readonly [string, Bench][],
  ground: Ground,
  earlier: ReadonlyMap<string, Line>,
): Promise<boolean> {
  const postgres = await ground.postgresVersion();
  let missed = false;
  for (const [, bench] of wanted) {
    const results = await runOne(bench, ground);
    const env: Environment = { node: process.version, postgres, fsync: 'on', load: loadavg()[0] ?? 0 };
    for (const measured of results) {
      const others = results.filter((other) => other.bench === measured.bench);
      const name = nameOf(measured);
      const line = lineOf(measured, others, bench.targets[name] ?? null, env, earlier.get(name) ?? null);
      missed ||= line['holds'] === false;
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
  }
  return missed;
}

async function runOne(bench: Bench, ground: Ground): Promise<Measured[]> {
  try {
    return await bench.run(ground);
  } finally {
    await ground.clear();
  }
}

/** The lines of an earlier run, by their names. */
async function readLines(file: string | undefined): Promise<ReadonlyMap<string, Line>> {
  if (file === undefined) return new Map();
  const texts = (await readFile(file, 'utf8')).split('\n').filter((text) => text.startsWith('{'));
  const lines = texts.map((text) => JSON.parse(text) as Line & Parameters<typeof nameOf>[0]);
  return new Map(lines.map((line) => [nameOf(line), line]));
}

process.exit(await main());
