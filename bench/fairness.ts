import type { Bench } from './ground.ts';
import { BenchQueue } from './queue.ts';

const others = 10;
const jobsOfEach = 10;

/** Row d': one project queues 10,000 jobs, then ten queue 10 each: how many claims until all of theirs are out. */
export const fairness: Bench = {
  quick: false,
  targets: { 'fairness/crosstie@10000': { max: 1.1 } },
  async run(ground) {
    const queue = await BenchQueue.make(ground, 'fairness');
    const big = await queue.project(1);
    await queue.enqueue(big, 10_000);
    for (let n = 0; n < others; n += 1) await queue.enqueue(await queue.project(2 + n), jobsOfEach);
    let claims = 0;
    for (let left = others * jobsOfEach; left > 0; claims += 1) if ((await queue.claim()) !== big.projectId) left -= 1;
    // Round robin between eleven projects.
    const ideal = (others + 1) * jobsOfEach;
    const notes = { claims, ideal };
    return [
      { bench: 'fairness', variant: 'crosstie', size: 10_000, unit: 'x ideal', rounds: [[claims / ideal]], notes },
    ];
  },
};
