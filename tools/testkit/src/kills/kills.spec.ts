import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { faultPointNames, type FaultPointName } from '@crosstie/platform';

import { House } from './house.js';
import { scenarios } from './scenarios.js';

/** `crosstie serve` is killed at each of its fault points, started again, and must end as if nothing had been. */
describe('a server that is killed', () => {
  let house: House;
  const hit = new Set<FaultPointName>();

  beforeAll(async () => {
    house = await House.build();
  }, 60_000);

  afterAll(async () => {
    await house?.tearDown();
  }, 60_000);

  it.each(faultPointNames.map((point) => ({ point, ...scenarios[point] })))(
    'at $point: $outcome',
    async ({ point, play }) => {
      await play(house, point).catch((error: unknown) => {
        const lines = house.server.output().split('\n').slice(-40).join('\n');
        throw new Error(`${inWords(error)}\nThe server's last lines:\n${lines}`, { cause: error });
      });
      expect(await house.server.stop()).toBe(0);
      // The scenario has seen the process die, and nothing but its fault point kills it.
      hit.add(point);
    },
    // Well above what the steps wait for, so that a scenario that fails does not run on into the next one.
    240_000,
  );

  it('has been killed at every point that is listed', () => {
    expect([...hit].sort()).toEqual([...faultPointNames].sort());
  });
});

/** With what was seen last where something was waited for. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${inWords(error.cause)}`;
}
