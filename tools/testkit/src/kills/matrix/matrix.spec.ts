import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { StormHouse } from '../../storm/house.js';
import { type Kill, killWhilePushing } from './kill-while-pushing.js';
import { planKills } from './plan-kills.js';
import { stepNames } from './push-steps.js';
import { pointsOf, type Victim, victimsOf } from './victims.js';

const seed = 7;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A few kills of a fixed seed; `script/test --kills` has all of them. */
describe('a house whose parts are killed while people push', () => {
  let house: StormHouse;

  beforeAll(async () => {
    house = await StormHouse.build('joined');
  }, 120_000);

  afterAll(() => house?.tearDown(), 60_000);

  const sayKill = ({ point, steps }: Kill): void =>
    say(`  killed at ${point ?? 'a moment'}: ${stepNames.map((name) => `${steps[name]} ${name}`).join(', ')}`);

  it.each<[Victim, number, ReturnType<typeof pointsOf>]>([
    ['crosstie', 1, ['intake.after_insert', 'status.after_post']],
    ['runner', 2, []],
  ])(
    'has one pipeline and one end at GitHub for each push: %s',
    async (victim, kills, points) => {
      const pushes = 6;
      say(`${victim}, seed ${seed}`);
      const report = await killWhilePushing(house, victim, planKills({ seed, victim, pushes, kills, points }), sayKill);
      expect(report).toMatchObject({ broken: [], pushes, pipelines: pushes, finalStatuses: pushes });
      expect(report.kills.map(({ met }) => met)).toEqual(report.kills.map(() => true));
    },
    180_000,
  );
});

describe('the plan of the kills', () => {
  it.each(victimsOf('processes'))('is the same for the same seed, and gives away every push: %s', (victim) => {
    const plan = planKills({ seed: 3, victim, pushes: 50, kills: 5 });
    expect(plan).toEqual(planKills({ seed: 3, victim, pushes: 50, kills: 5 }));
    expect(plan).not.toEqual(planKills({ seed: 4, victim, pushes: 50, kills: 5 }));
    expect(plan).toHaveLength(5 + pointsOf(victim).length);
    expect(plan.reduce((sum, { gapsMs }) => sum + gapsMs.length, 0)).toBe(50);
  });
});
