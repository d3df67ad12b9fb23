import { describe, expect, it } from '@jest/globals';
import { Logger } from './logger.js';
import { Loop } from './loop.js';

const longMs = 3_600_000;

/** A loop whose passes the test waits for and lets end. */
function watched(outcome: (pass: number) => Promise<boolean | void> | boolean | void) {
  let passes = 0;
  const waiting: { count: number; resolve: () => void }[] = [];
  const run = async () => {
    passes++;
    for (const waiter of waiting) if (waiter.count <= passes) waiter.resolve();
    return outcome(passes);
  };
  const loop = new Loop({ name: 'test', intervalMs: longMs, run, logger: Logger.silent() });
  const reached = (count: number) =>
    new Promise<void>((resolve) => (passes >= count ? resolve() : waiting.push({ count, resolve })));
  return { loop, reached, passes: () => passes };
}

describe('a background loop', () => {
  it('runs at once, again when woken, and again while there is more to do', async () => {
    const { loop, reached } = watched((pass) => pass === 2);
    loop.start();
    await reached(1);
    await new Promise(setImmediate);
    loop.wake();
    await reached(3);
    await loop.stop();
  });

  it('survives a pass that fails', async () => {
    const { loop, reached } = watched((pass) => {
      if (pass === 1) throw new Error('the first pass fails');
    });
    loop.start();
    await reached(1);
    await new Promise(setImmediate);
    loop.wake();
    await reached(2);
    await loop.stop();
  });

  it('waits for the pass under way when it is stopped, and may be stopped twice or before the start', async () => {
    let ended = false;
    const { loop, reached } = watched(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      ended = true;
    });
    loop.start();
    await reached(1);
    await loop.stop();
    expect(ended).toBe(true);
    await loop.stop();
    await watched(() => undefined).loop.stop();
  });

  it('does not start again after it was stopped', async () => {
    const { loop, passes } = watched(() => undefined);
    await loop.stop();
    loop.start();
    loop.wake();
    await new Promise(setImmediate);
    expect(passes()).toBe(0);
  });
});
