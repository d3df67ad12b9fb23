import { describe, expect, it } from '@jest/globals';

import { runStorm } from './storm.js';

/** A short one of fixed seed, half a minute of which most is starting; `script/test --storm MINUTES` has the long ones. */
describe('a storm', () => {
  it('breaks no invariant: seed 11', async () => {
    const report = await runStorm({ seed: 11, ms: 12_000, mode: 'joined', everyMs: 600, healWithinMs: 90_000 });
    const { pushes, pipelines, statuses, logsCompared, broken, faults, healedAfterMs } = report;
    const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `storm: seed 11, ${total} faults, ${pushes} pushes, ${pipelines} pipelines, ${statuses} statuses, ` +
        `${logsCompared} logs compared, quiet after ${healedAfterMs} ms, invariants broken: ${broken.length}\n`,
    );
    expect(broken).toEqual([]);
    expect(total).toBeGreaterThan(5);
    expect(pushes).toBeGreaterThan(5);
    expect(logsCompared).toBeGreaterThan(3);
  }, 180_000);
});
