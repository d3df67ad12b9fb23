import { describe, expect, it } from '@jest/globals';

import { planStorm } from './plan.js';
import { SeededRandom } from './seeded-random.js';

const hour = 3_600_000;

describe('the plan of a storm', () => {
  it('is the same for the same seed, and another one for another', () => {
    const plan = (seed: number) => planStorm({ seed, ms: hour, mode: 'joined' });
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
  });

  it('begins alike however long it is', () => {
    const short = planStorm({ seed: 7, ms: 60_000, mode: 'processes' });
    const long = planStorm({ seed: 7, ms: hour, mode: 'processes' });
    expect(long.slice(0, short.length)).toEqual(short);
  });

  it.each(['joined', 'processes'] as const)('does everything that there is to do: %s', (mode) => {
    const actions = planStorm({ seed: 1, ms: 4 * hour, mode }).map(({ action }) => action);
    const servers = mode === 'joined' ? ['crosstie'] : ['runner-api', 'status-reporter', 'nats', 'nats_and_store'];
    const targets = new Set(actions.flatMap((action) => (action.do === 'kill' ? [action.target] : [])));
    expect([...targets]).toEqual(expect.arrayContaining([...servers, 'runner-1', 'runner-2']));
    expect(new Set(actions.map((action) => action.do)).size).toBe(9);
    const kinds = new Set(actions.flatMap((action) => (action.do === 'push' ? [action.kind] : [])));
    expect(kinds.size).toBe(9);
  });

  it('touches nothing that is not there', () => {
    const actions = planStorm({ seed: 2, ms: hour, mode: 'joined' }).map(({ action }) => action);
    expect(JSON.stringify(actions)).not.toMatch(/nats|webhook-gateway/);
  });
});

describe('a seeded random number', () => {
  it('lies evenly between its ends, both included', () => {
    const random = new SeededRandom(3);
    const counts = new Map<number, number>();
    for (let n = 0; n < 6000; n += 1) {
      const value = random.between(1, 6);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect(new Set(counts.keys())).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('chooses by weight, and never what weighs nothing', () => {
    const random = new SeededRandom(4);
    const chosen = Array.from({ length: 1000 }, () => random.weighted({ often: 9, seldom: 1, never: 0 }));
    expect(chosen).not.toContain('never');
    expect(chosen.filter((name) => name === 'seldom').length).toBeGreaterThan(50);
  });
});
