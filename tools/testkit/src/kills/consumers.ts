import type { House } from './house.js';
import { expectOneOutcome } from './outcome.js';

/** Which handled event, counted from the start of the process, kills it. */
const deaths = [1, 2, 3, 5];

/** One push, and a process that dies again and again on its way to the end. */
export async function consumersAreKilled(house: House): Promise<void> {
  const [first, ...later] = deaths;
  await house.server.start(`consumer.after_commit=kill@${first}`);
  const push = await house.push();
  await house.server.died();
  for (const nth of later) {
    // It may die before it is ready: what it left comes again at once.
    house.server.launch({ CROSSTIE_FAULTS: `consumer.after_commit=kill@${nth}`, CROSSTIE_ALLOW_FAULTS: 'yes' });
    await house.server.died();
  }
  await house.server.start();
  await expectOneOutcome(house, push);
}
