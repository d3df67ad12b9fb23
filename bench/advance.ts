import { setTimeout as wait } from 'node:timers/promises';

import { repository, type ScriptedJob, ScriptedRunner } from '@crosstie/testkit';

import type { Bench } from './ground.ts';
import { type House, startHouse } from './house.ts';
import { interleave, oneByOne } from './rounds.ts';
import { nowMs, stepsIn } from './steps.ts';

const perRound = 9;
const chain = (jobs: number): string =>
  Array.from({ length: jobs }, (_, at) => {
    const needs = at === 0 ? '[]' : `[job${at - 1}]`;
    return `job${at}:\n  script: [echo ${at}]\n  needs: ${needs}\n`;
  }).join('');

/**
 * Row f: from a runner's word that a job has ended until another runner, whose request is held, begins to claim the
 * one that needs it. Pipelines are chains, so that each end makes one job claimable, however many there are.
 */
export const advance: Bench = {
  quick: true,
  targets: {
    'advance/crosstie@10': { to: 'commit', p50: 4 },
    'advance/crosstie@1000': { to: 'crosstie@10', p50: 1.5 },
  },
  async run(ground) {
    const house = await startHouse(ground, 'advance', { logLevel: 'debug' });
    if (!house) return [];
    const runner = new ScriptedRunner(house.runnerUrl, house.runnerToken);
    await (await runner.request()).arrayBuffer();
    const commit = await ground.bareCommit(await ground.emptyDatabase('floor_advance'));
    let ofLong = await begin(house, runner, 1000);
    const long = async (): Promise<number[]> => {
      const times: number[] = [];
      for (let n = 0; n < perRound; n += 1) {
        const { ms, next } = await step(house, runner, ofLong);
        ofLong = next;
        times.push(ms);
      }
      return times;
    };
    const short = async (): Promise<number[]> => {
      let inHand = await begin(house, runner, perRound + 1);
      const times: number[] = [];
      for (let n = 0; n < perRound; n += 1) {
        const { ms, next } = await step(house, runner, inHand);
        inHand = next;
        times.push(ms);
      }
      await runner.update(inHand, { state: 'success' });
      return times;
    };
    return interleave(ground.rounds(10), [
      { bench: 'advance', variant: 'commit', round: () => oneByOne(commit, 40) },
      { bench: 'advance', variant: 'crosstie', size: 10, round: short },
      { bench: 'advance', variant: 'crosstie', size: 1000, round: long },
    ]);
  },
};

/** Pushes a chain and takes its first job. */
async function begin(house: House, runner: ScriptedRunner, jobs: number): Promise<ScriptedJob> {
  await house.github.push(repository, { pusher: 'dana', files: { 'gitlab/.gitlab-ci.yml': chain(jobs) } });
  const job = await runner.take();
  await runner.update(job, { state: 'running' });
  return job;
}

/** Ends a job and takes the one behind it. */
async function step(
  house: House,
  runner: ScriptedRunner,
  inHand: ScriptedJob,
): Promise<{ ms: number; next: ScriptedJob }> {
  house.log();
  const held = runner.take(AbortSignal.timeout(20_000)).then((next) => ({ next, at: nowMs() }));
  await wait(8);
  const begun = nowMs();
  await runner.update(inHand, { state: 'success' });
  const { next, at } = await held;
  await runner.update(next, { state: 'running' });
  return { ms: stepsIn(house.log(), begun, at)['claim.begun'] ?? at - begun, next };
}
