import { parseArgs } from 'node:util';

import { findGitlabRunner, type GitlabRunner } from '../../demo/runner.js';
import { natsIsThere } from '../../distributed/nats-under-test.js';
import { StormHouse } from '../../storm/house.js';
import type { Mode } from '../../storm/plan.js';
import { type Kill, killWhilePushing, type KillReport } from './kill-while-pushing.js';
import { planKills } from './plan-kills.js';
import { stepNames } from './push-steps.js';
import { type Victim, victimNames, victimsOf } from './victims.js';

const usage = 'kills [--seed N] [--victims A,B] [--processes | --one] [--pushes N] [--kills N] [--gitlab-runner]';
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * The command: each victim is killed at seeded moments and at its fault points while people push; prints where the
 * pushes were at each kill, as a table in Markdown, and ends with status 0 only if every invariant holds.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      victims: { type: 'string' },
      processes: { type: 'boolean', default: false },
      one: { type: 'boolean', default: false },
      'gitlab-runner': { type: 'boolean', default: false },
      pushes: { type: 'string', default: '50' },
      kills: { type: 'string', default: '5' },
    },
  });
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
  const [pushes, kills] = [Number(values.pushes), Number(values.kills)];
  const chosen = values.victims?.split(',') ?? victimNames;
  const unknown = chosen.filter((name) => !(victimNames as readonly string[]).includes(name));
  if (unknown.length > 0 || !Number.isSafeInteger(seed) || !(pushes > 0) || !(kills >= 0)) {
    process.stderr.write(`usage: ${usage}\nvictims: ${victimNames.join(' ')}\n`);
    return 2;
  }
  const modes = (['joined', 'processes'] as const).filter((mode) =>
    mode === 'joined' ? !values.processes : !values.one,
  );
  const gitlabRunner = values['gitlab-runner'] ? await findGitlabRunner() : null;
  if (values['gitlab-runner'] && !gitlabRunner) {
    process.stderr.write('there is no gitlab-runner on PATH or in CROSSTIE_GITLAB_RUNNER\n');
    return 2;
  }
  let broken = 0;
  for (const mode of modes) {
    const victims = victimsOf(mode).filter((name) => chosen.includes(name));
    if (victims.length > 0) broken += await killEach(mode, victims, { seed, pushes, kills, gitlabRunner });
  }
  return broken === 0 ? 0 : 1;
}

interface MatrixOptions {
  /** In place of the two pocket runners. */
  gitlabRunner: GitlabRunner | null;
  seed: number;
  pushes: number;
  kills: number;
}

/** @returns how many invariants were broken, or could not be looked at */
async function killEach(mode: Mode, victims: readonly Victim[], options: MatrixOptions): Promise<number> {
  if (mode === 'processes' && !(await natsIsThere())) {
    say('Five processes: skipped, there is no nats-server on this machine');
    return 0;
  }
  say(
    `\n## ${mode === 'joined' ? 'One process' : 'Five processes'}, seed ${options.seed}${options.gitlabRunner ? `, ${options.gitlabRunner.label}` : ''}`,
  );
  const house = await StormHouse.build(mode, options.gitlabRunner);
  const reports: KillReport[] = [];
  try {
    for (const victim of victims) {
      say(`\n### ${victim}\n\n| kill | ${stepNames.join(' | ')} |\n|---|${stepNames.map(() => '---:').join('|')}|`);
      const report = await killWhilePushing(house, victim, planKills({ ...options, victim }), sayKill);
      say(`\n${inWords(report)}`);
      for (const { id, what } of report.broken) say(`- ${id}: ${what}`);
      reports.push(report);
    }
  } finally {
    const isWhole = reports.length === victims.length && reports.every(({ broken }) => broken.length === 0);
    if (!isWhole) {
      house.keepDirectory();
      say(`\nkept in ${house.directory}`);
    }
    await house.tearDown();
  }
  return reports.reduce((sum, report) => sum + wrongIn(report, options.pushes), 0);
}

function sayKill({ point, met, steps }: Kill, nth: number): void {
  const where = point === null ? 'at a moment' : `at \`${point}\`${met ? '' : ' (not met)'}`;
  say(`| ${nth}, ${where} | ${stepNames.map((name) => steps[name]).join(' | ')} |`);
}

function inWords(report: KillReport): string {
  return [
    `${report.kills.length} kills, ${report.pushes} pushes, ${report.pipelines} pipelines`,
    `${report.finalStatuses} final statuses of ${report.statuses}`,
    `${report.jobs} jobs in ${report.handouts} hand-outs`,
    `${report.logsCompared} logs and ${report.artifactsCompared} artifacts equal, ${report.beginningsCompared} beginnings`,
    `quiet after ${(report.quietAfterMs / 1000).toFixed(1)} s`,
    `invariants broken: ${report.broken.length}`,
  ].join('; ');
}

function wrongIn({ broken, kills, pipelines, finalStatuses }: KillReport, pushes: number): number {
  const missed = kills.filter(({ met }) => !met).length;
  return broken.length + missed + Math.abs(pushes - pipelines) + Math.abs(pushes - finalStatuses);
}

process.exitCode = await main();
