import { setTimeout as wait } from 'node:timers/promises';

import type { Measured } from './report.ts';

/** One of the things that take turns: does it once more, or many times, and says what each took. */
export interface Variant extends Omit<Measured, 'rounds'> {
  round: () => Promise<number[]>;
}

const warmRounds = 2;

/** Lets variants take turns, never one after the other, so that what slows the machine down slows all down. */
export async function interleave(
  rounds: number,
  variants: readonly Variant[],
  after: () => Promise<void> = async () => undefined,
): Promise<Measured[]> {
  const measured = variants.map(({ bench, variant, size, conns }): Measured => {
    return { bench, variant, size, conns, rounds: [] };
  });
  for (let n = -warmRounds; n < rounds; n += 1) {
    for (const [at, variant] of variants.entries()) {
      const times = await variant.round();
      await after();
      if (n >= 0) measured[at]?.rounds.push(times);
    }
  }
  return measured;
}

/** One thing at a time, with a pause between. @returns milliseconds of each */
export async function oneByOne(once: () => Promise<unknown>, n: number, pauseMs = 2): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < n; at += 1) {
    const begun = performance.now();
    await once();
    times.push(performance.now() - begun);
    if (pauseMs > 0) await wait(pauseMs);
  }
  return times;
}

/** Keeps so many under way. @returns the round's length shared out, so that medians compare throughput */
export async function inFlight(once: () => Promise<unknown>, width: number, n: number): Promise<number[]> {
  let left = n;
  const begun = performance.now();
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await once();
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return [(performance.now() - begun) / n];
}
