import { parseArgs } from 'node:util';

import { natsIsThere } from '../distributed/nats-under-test.js';
import type { Mode } from './plan.js';
import { type StormReport, runStorm } from './storm.js';

const usage = 'storm --minutes M [--seed N] [--processes] [--every MS] [--heal-within MINUTES] [--keep]';
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The command: one storm, its counts, and an exit status of 0 only if every invariant holds. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      every: { type: 'string' },
      'heal-within': { type: 'string', default: '4' },
      processes: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
  const everyMs = values.every === undefined ? undefined : Number(values.every);
  const healWithinMs = Number(values['heal-within']) * 60_000;
  if (!(minutes > 0) || !Number.isSafeInteger(seed) || !(healWithinMs > 0)) {
    process.stderr.write(`usage: ${usage}\n`);
    return 2;
  }
  if (values.processes && !(await natsIsThere())) {
    process.stderr.write('--processes needs a nats-server on this machine\n');
    return 2;
  }
  const mode: Mode = values.processes ? 'processes' : 'joined';
  say(`A storm of ${minutes} minutes, seed ${seed}, ${mode === 'joined' ? 'one process' : 'five processes'}`);
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
  const { signal } = ended;
  const options = { seed, ms: minutes * 60_000, mode, everyMs, healWithinMs, keepBroken: values.keep, say, signal };
  const report = await runStorm(options).catch((error: unknown) => {
    if (signal.aborted) return null;
    throw error;
  });
  if (report === null) {
    say('ended before its time; everything is taken down');
    return 130;
  }
  print(seed, report);
  return report.broken.length === 0 ? 0 : 1;
}

function print(seed: number, report: StormReport): void {
  const faults = [...report.faults].sort(([a], [b]) => a.localeCompare(b));
  const total = faults.reduce((sum, [, count]) => sum + count, 0);
  say(`seed                   ${seed}`);
  say(`faults                 ${total}`);
  for (const [name, count] of faults) say(`  ${String(count).padStart(4)}  ${name}`);
  say(`pushes                 ${report.pushes}`);
  say(`pipelines              ${report.pipelines}`);
  say(`statuses at GitHub     ${report.statuses}`);
  say(`jobs, hand-outs        ${report.jobs}, ${report.handouts}`);
  say(`logs compared          ${report.logsCompared} whole, ${report.beginningsCompared} beginnings of killed jobs`);
  say(`artifacts compared     ${report.artifactsCompared}`);
  say(`starts of processes    ${report.lives}`);
  say(`quiet after            ${(report.healedAfterMs / 1000).toFixed(1)} s`);
  say(`invariants broken      ${report.broken.length}`);
  for (const { id, what } of report.broken) say(`  ${id}  ${what}`);
  if (report.directory !== null) say(`kept in ${report.directory}`);
}

process.exitCode = await main();
