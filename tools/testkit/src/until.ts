import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until `condition` gives something other than false, null or undefined, and returns that.
 *
 * @param what says in the error what was waited for
 * @param timeoutMs gives up with an error that carries the last value and the last error
 */
export async function until<T>(
  condition: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  what: string,
  timeoutMs = 15_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      throw new Error(`Waited ${timeoutMs} ms for: ${what}`, { cause: last });
    }
    await wait(15);
  }
}
