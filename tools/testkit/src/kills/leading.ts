import { expect } from '@jest/globals';

import { runnersOf } from './by-hand.js';
import type { House } from './house.js';
import { JobCalls } from './job-calls.js';
import { Journal } from './journal.js';
import { expectOneOutcome } from './outcome.js';

const line = Buffer.from('taken by the second\n');

/** The leader is killed with its lock held and its transaction open; a hand-out that nobody acknowledged waits for it. */
export async function leaderIsKilled(house: House): Promise<void> {
  const { first, second } = await runnersOf(house);
  await house.server.start();
  const push = await house.push({ runs: 'by hand' });
  const silent = await first.take();
  await house.server.stop();
  house.server.launch({ CROSSTIE_FAULTS: 'reaper.leading=kill', CROSSTIE_ALLOW_FAULTS: 'yes' });
  await house.server.died();
  await house.server.start();

  const journal = new Journal();
  const living = new JobCalls(house.server.url, await second.take(), journal);
  expect(living.job.id).toBe(silent.id);
  expect(living.job.token).not.toBe(silent.token);
  await living.put({ state: 'running' });
  await living.patch(0, line);
  expect(await living.put({ state: 'success', output: { bytesize: line.length } })).toMatchObject({ status: 200 });
  await expectOneOutcome(house, push, { journal });
}
